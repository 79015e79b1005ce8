//! A call over HTTP with an answer in JSON.
//!
//! `add/function.json` has an `httpTrigger` and an output binding `res` of type `http`.

use custom_handler::{
    App, Context, Error, HttpRequest, HttpResponse, Outcome, OutputError, Stopped,
};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<Stopped, Error> {
    App::new().function("add", add).run().await
}

async fn add(request: HttpRequest, _: Context) -> Result<Outcome, OutputError> {
    let response = match request.json::<Vec<i64>>() {
        Ok(numbers) => HttpResponse::json(200, json!({ "sum": numbers.iter().sum::<i64>() }))?,
        // The caller is told; the host need not know.
        Err(error) => HttpResponse::json(400, json!({ "error": error.to_string() }))?,
    };
    Outcome::done().output("res", response)
}
