//! The queues as Azure Storage has them: at least once, in any order, five deliveries.

use chrono::{DateTime, TimeDelta, Utc};
use movie_analytics::ingest::Order;

use crate::common::dice::Dice;

/// Deliveries after which a message is given up.
const MOST_DELIVERIES: u32 = 5;

#[derive(Clone)]
pub struct Message {
    pub id: u64,
    pub order: Order,
    /// How often it was delivered.
    pub deliveries: u32,
    pub deaths: u32,
    /// How often it was delivered again though its work went on.
    lost_locks: u32,
    visible_at: DateTime<Utc>,
}

#[derive(Default)]
pub struct Queue {
    sent: u64,
    messages: Vec<Message>,
    pub poison: Vec<Message>,
}

impl Queue {
    pub fn send(&mut self, order: Order, now: DateTime<Utc>) {
        self.sent += 1;
        let (id, deliveries, deaths, lost_locks) = (self.sent, 0, 0, 0);
        let message = Message { id, order, deliveries, deaths, lost_locks, visible_at: now };
        self.messages.push(message);
    }

    /// A visible message, which nobody else sees for ten minutes.
    pub fn receive(&mut self, dice: &mut Dice, now: DateTime<Utc>) -> Option<Message> {
        let visible: Vec<usize> =
            (0..self.messages.len()).filter(|&n| self.messages[n].visible_at <= now).collect();
        if visible.is_empty() {
            return None;
        }
        // Often the one that has failed most.
        let chosen = match dice.happens(50) {
            true => visible.into_iter().max_by_key(|&n| self.messages[n].deliveries)?,
            false => visible[dice.below(visible.len() as u64) as usize],
        };
        let message = &mut self.messages[chosen];
        if message.deliveries == MOST_DELIVERIES {
            let given_up = self.messages.swap_remove(chosen);
            self.poison.push(given_up);
            return None;
        }
        message.deliveries += 1;
        message.visible_at = now + TimeDelta::minutes(10);
        Some(message.clone())
    }

    /// What became of a delivery. A message that was delivered again meanwhile is another's.
    pub fn ended(&mut self, delivery: &Message, succeeded: bool, died: bool, now: DateTime<Utc>) {
        let Some(place) = self.messages.iter().position(|message| message.id == delivery.id) else {
            return;
        };
        let message = &mut self.messages[place];
        message.deaths += u32::from(died);
        if message.deliveries != delivery.deliveries {
            return;
        }
        if succeeded {
            self.messages.swap_remove(place);
        } else {
            message.visible_at = now + TimeDelta::minutes(1);
        }
    }

    /// A lock is lost: the message is delivered again though its work goes on.
    pub fn lose_lock(&mut self, id: u64, now: DateTime<Utc>) {
        if let Some(message) = self.messages.iter_mut().find(|message| message.id == id) {
            message.visible_at = now;
            message.lost_locks += 1;
        }
    }

    /// Deliveries of a message that may look like deaths to a later one.
    pub fn interrupted(&self, id: u64) -> u32 {
        let message = self.messages.iter().find(|message| message.id == id);
        message.map_or(u32::MAX, |message| message.deaths + message.lost_locks)
    }

    /// When the next message is visible.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.messages.iter().map(|message| message.visible_at).min()
    }
}
