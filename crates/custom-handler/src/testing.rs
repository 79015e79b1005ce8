//! Handlers within unit tests, without a host and without HTTP.

use crate::{
    App, Context, Outcome, Trigger,
    function::{Function, Input},
};

/// Gives a trigger to a function of the app, and returns its outcome. Layers, deadline and panics
/// are left to the test: a panic of the handler is one of the test.
///
/// # Panics
///
/// When the app has no such function, or its handler another trigger.
///
/// ```
/// use custom_handler::{App, Context, Outcome, QueueMessage, testing};
///
/// async fn greet(message: QueueMessage, _: Context) -> Outcome {
///     Outcome::done().log(format!("hello {}", message.text().unwrap_or("stranger")))
/// }
///
/// # #[tokio::main] async fn main() {
/// let app = App::new().function("greet", greet);
/// let outcome = testing::invoke(&app, "greet", QueueMessage::new("Ada")).await;
/// assert_eq!(outcome, Outcome::done().log("hello Ada"));
/// # }
/// ```
pub async fn invoke<S, T: Trigger>(app: &App<S>, function: &str, trigger: T) -> Outcome {
    let Some(Function { kind, start, .. }) =
        app.functions.iter().find(|known| known.name == function)
    else {
        panic!("the app has no function `{function}`");
    };
    let context = Context::new(function.to_owned(), None, None);
    match start(Input::Trigger(Box::new(trigger)), context) {
        Ok(job) => job.await,
        Err(_) => panic!("the trigger of `{function}` is a {kind}, not a {}", T::KIND),
    }
}
