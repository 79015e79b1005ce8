//! What Terraform builds is what the app expects: queues, containers, settings, schedules and
//! routes are named on both sides, and a name changed on one side only fails here. Values and
//! references within Terraform are tested by `terraform/tests`.

#![allow(clippy::unwrap_used)]

mod app;
mod both_sides;
mod deployment;
mod itself;
mod read;
