use std::fs;

use super::*;

const HOST: &str = r#"{ "version": "2.0",
    "customHandler": { "description": { "defaultExecutablePath": "handler" } },
    "extensions": { "queues": { "messageEncoding": "none" } } }"#;

const TIMER: &str =
    r#"{ "type": "timerTrigger", "direction": "in", "name": "t", "schedule": "%EACH_HOUR%" }"#;

/// Reads a script root with one function, made in a folder of its own.
fn read(host_json: &str, function_json: &str) -> Result<ScriptRoot, String> {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("f")).unwrap();
    fs::write(root.path().join("host.json"), host_json).unwrap();
    fs::write(root.path().join("f/function.json"), function_json).unwrap();
    let settings =
        [("AzureWebJobsStorage", "UseDevelopmentStorage=true"), ("EACH_HOUR", "0 0 * * * *")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ScriptRoot::read(root.path(), settings.into()).map_err(|error| format!("{error:#}"))
}

fn bindings(bindings: &str) -> Result<ScriptRoot, String> {
    read(HOST, &format!(r#"{{ "bindings": [{bindings}] }}"#))
}

fn output(name: &str) -> String {
    format!(r#"{{ "type": "http", "direction": "out", "name": "{name}" }}"#)
}

#[test]
fn defaults_are_those_of_the_host() {
    let root = bindings(TIMER).unwrap();
    let queues = &root.host_json.extensions.queues;
    assert_eq!((queues.batch_size, queues.max_dequeue_count), (16, 5));
    assert_eq!(root.host_json.function_timeout.as_secs(), 1800);
    assert_eq!(root.host_json.custom_handler.initialization_timeout.as_secs(), 30);
    assert_eq!(root.host_json.extensions.http.route_prefix, "api");
    let Trigger::Timer { schedule, use_monitor: true } = &root.functions[0].trigger else {
        panic!("{:?}", root.functions)
    };
    assert_eq!(schedule.text, "0 0 * * * *");
}

#[test]
fn what_the_host_would_ignore_or_this_stand_in_does_not_know_is_named() {
    let queue = r#"{ "type": "queueTrigger", "direction": "in", "name": "m", "queueName": "queue",
        "connection": "NO_SUCH_LAKE" }"#;
    let short = queue.replace("\"queue\"", "\"q\"");
    let other = TIMER.replace("\"t\"", "\"u\"");
    for (wrong, expected) in [
        ("", "there are 0 triggers"),
        (r#"{ "type": "blobTrigger" }"#, "blobTrigger"),
        (&format!("{TIMER},{other}"), "there are 2 triggers"),
        (&format!("{TIMER},{}", output("t")), "two bindings are named `t`"),
        (&format!("{TIMER},{}", output("$return")), "does not know the binding `$return`"),
        (&TIMER.replace("direction", "directon"), "directon"),
        (&TIMER.replace("\"in\"", "\"out\""), "`direction`"),
        (&TIMER.replace("\"name\"", "\"runOnStartup\": true, \"name\""), "runOnStartup"),
        (&queue.replace("\"name\"", "\"dataType\": \"binary\", \"name\""), "dataType"),
        (&short, "`q`"),
        (queue, "set NO_SUCH_LAKE to"),
    ] {
        let error = bindings(wrong).map(drop).unwrap_err();
        assert!(error.contains(expected), "{wrong}: {error}");
    }
}

#[test]
fn a_function_that_the_host_refuses_is_in_error_for_its_reason() {
    let reason = |text: &str| {
        let root = bindings(text).unwrap();
        assert!(root.functions.is_empty());
        root.in_error["f"].clone()
    };
    let unset = TIMER.replace("EACH", "NO");
    assert_eq!(reason(&unset), "'%NO_HOUR%' does not resolve to a value");
    for wrong in ["movie_review", "a-b", "1a", "", "größe", "$other", &"a".repeat(129)] {
        let expected = format!(
            "The binding name {wrong} is invalid. Please assign a valid name to the binding."
        );
        assert_eq!(reason(&format!("{TIMER},{}", output(wrong))), expected);
        assert_eq!(reason(&TIMER.replace("\"t\"", &format!("{wrong:?}"))), expected);
    }
    for legal in ["movieReview2", &"a".repeat(128)] {
        let root = bindings(&format!("{TIMER},{}", output(legal))).unwrap();
        assert_eq!(root.functions.len(), 1, "{legal}");
    }
}

#[test]
fn options_of_host_json_that_are_unknown_or_wrong_are_refused() {
    let queue = r#"{ "type": "queue", "direction": "out", "name": "q", "queueName": "next" }"#;
    let timer = format!(r#"{{ "bindings": [{TIMER}, {queue}] }}"#);
    for (right, wrong, expected) in [
        ("\"version\"", "\"x\": 1, \"version\"", "`x`"),
        ("2.0", "3.0", "\"2.0\""),
        ("\"messageEncoding\"", "\"batchSize\": 33, \"messageEncoding\"", "1 to 32"),
        ("\"messageEncoding\"", "\"maxDequeueCount\": 0, \"messageEncoding\"", "1 or more"),
        ("none", "base64", "`messageEncoding`"),
        ("\"description\"", "\"enableForwardingHttpRequest\": true, \"description\"", "forward"),
        ("\"handler\"", "\"handler\", \"arguments\": [\"a b\"]", "`a b`"),
        ("\"handler\"", "\"handler\", \"workerArguments\": []", "`workerArguments`"),
    ] {
        let error = read(&HOST.replace(right, wrong), &timer).map(drop).unwrap_err();
        assert!(error.contains(expected), "{wrong}: {error}");
    }
}

#[test]
fn without_a_queue_its_encoding_does_not_matter() {
    let root = read(&HOST.replace("none", "base64"), &format!(r#"{{ "bindings": [{TIMER}] }}"#));
    assert_eq!(root.unwrap().functions.len(), 1);
}

#[test]
fn retry_belongs_to_timers() {
    let retry = r#""retry": { "strategy": "fixedDelay", "maxRetryCount": 3,
        "delayInterval": "00:00:01" }"#;
    let root = read(HOST, &format!(r#"{{ {retry}, "bindings": [{TIMER}] }}"#)).unwrap();
    let Some(Retry::FixedDelay { max_retry_count: 3, delay_interval }) = root.functions[0].retry
    else {
        panic!("{:?}", root.functions)
    };
    assert_eq!(delay_interval.as_secs(), 1);
    let http = r#"{ "type": "httpTrigger", "direction": "in", "name": "r" }"#;
    let error = read(HOST, &format!(r#"{{ {retry}, "bindings": [{http}] }}"#)).map(drop);
    assert!(error.unwrap_err().contains("`retry` is for timers"));
}
