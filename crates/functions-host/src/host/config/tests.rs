use std::fs;

use super::*;

const HOST: &str = r#"{ "version": "2.0", "customHandler": { "description":
    { "defaultExecutablePath": "handler" } } }"#;
const STORAGE: (&str, &str) = ("AzureWebJobsStorage", "UseDevelopmentStorage=true");

/// Reads a script root with one function, made in a folder of its own.
fn read(name: &str, host_json: &str, function_json: &str) -> Result<ScriptRoot, String> {
    let root = std::env::temp_dir().join(format!("script-root-{}-{name}", std::process::id()));
    fs::create_dir_all(root.join("f")).unwrap();
    fs::write(root.join("host.json"), host_json).unwrap();
    fs::write(root.join("f/function.json"), function_json).unwrap();
    let settings = [STORAGE, ("EACH_HOUR", "0 0 * * * *")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let read = ScriptRoot::read(&root, settings.into());
    fs::remove_dir_all(&root).unwrap();
    read.map_err(|error| error.to_string())
}

fn function(name: &str, bindings: &str) -> Result<Function, String> {
    let root = read(name, HOST, &format!(r#"{{ "bindings": [{bindings}] }}"#));
    root.map(|mut root| root.functions.remove(0))
}

const TIMER: &str =
    r#"{ "type": "timerTrigger", "direction": "in", "name": "t", "schedule": "%EACH_HOUR%" }"#;

#[test]
fn defaults_are_those_of_the_host() {
    let root = read("defaults", HOST, &format!(r#"{{ "bindings": [{TIMER}] }}"#)).unwrap();
    let queues = &root.host_json.extensions.queues;
    assert_eq!((queues.batch_size, queues.max_dequeue_count), (16, 5));
    assert_eq!(queues.message_encoding, Encoding::Base64);
    assert_eq!(root.host_json.function_timeout.unwrap().as_secs(), 1800);
    assert_eq!(root.host_json.custom_handler.initialization_timeout.as_secs(), 30);
    let Trigger::Timer { text, use_monitor, .. } = &root.functions[0].trigger else { panic!() };
    assert_eq!((text.as_str(), use_monitor), ("0 0 * * * *", &true));
}

#[test]
fn what_the_host_would_ignore_or_refuse_is_named() {
    let wrong = |name, bindings: &str| function(name, bindings).unwrap_err();
    assert!(wrong("none", "").contains("there is no trigger"));
    assert!(wrong("blob", r#"{ "type": "blobTrigger" }"#).contains("blobTrigger"));
    let other = TIMER.replace("\"t\"", "\"u\"");
    assert!(wrong("two", &format!("{TIMER},{other}")).contains("two triggers"));
    let same = r#"{ "type": "http", "direction": "out", "name": "t" }"#;
    assert!(wrong("same", &format!("{TIMER},{same}")).contains("two bindings are named `t`"));
    assert!(wrong("typo", &TIMER.replace("direction", "directon")).contains("directon"));
    assert!(wrong("way", &TIMER.replace("\"in\"", "\"out\"")).contains("`direction`"));
    let queue = r#"{ "type": "queueTrigger", "direction": "in", "name": "m", "queueName": "queue",
        "connection": "NO_SUCH_LAKE" }"#;
    assert!(
        wrong("short", &queue.replace("\"queue\"", "\"q\"").replace("NO_SUCH_LAKE", ""))
            .contains("`q`")
    );
    assert!(wrong("lake", queue).contains("set NO_SUCH_LAKE to"));
}

#[test]
fn a_function_that_the_host_refuses_is_in_error_for_its_reason() {
    let reason = |name, bindings: &str| {
        let root = read(name, HOST, &format!(r#"{{ "bindings": [{bindings}] }}"#)).unwrap();
        assert!(root.functions.is_empty());
        root.in_error["f"].clone()
    };
    let unset = TIMER.replace("EACH", "NO");
    assert_eq!(reason("unset", &unset), "'%NO_HOUR%' does not resolve to a value");
    for wrong in ["movie_review", "a-b", "1a", "", "größe", "$other", &"a".repeat(129)] {
        let output = format!(r#"{{ "type": "http", "direction": "out", "name": "{wrong}" }}"#);
        for bindings in [format!("{TIMER},{output}"), TIMER.replace("\"t\"", &format!("{wrong:?}"))]
        {
            let expected = format!(
                "The binding name {wrong} is invalid. Please assign a valid name to the binding."
            );
            assert_eq!(reason("name", &bindings), expected);
        }
    }
    for legal in ["$return", "movieReview2", &"a".repeat(128)] {
        let output = format!(r#"{{ "type": "http", "direction": "out", "name": "{legal}" }}"#);
        assert!(function("legal", &format!("{TIMER},{output}")).is_ok(), "{legal}");
    }
}

#[test]
fn unknown_options_of_host_json_are_refused() {
    let timer = format!(r#"{{ "bindings": [{TIMER}] }}"#);
    let wrong = |name, host: &str| read(name, host, &timer).map(drop).unwrap_err();
    assert!(wrong("option", &HOST.replace("\"version\"", "\"x\": 1, \"version\"")).contains("`x`"));
    assert!(wrong("version", &HOST.replace("2.0", "3.0")).contains("\"2.0\""));
    let queues = r#""extensions": { "queues": { "batchSize": 33 } }, "version""#;
    assert!(wrong("batch", &HOST.replace("\"version\"", queues)).contains("1 to 32"));
}

#[test]
fn retry_belongs_to_timers() {
    let retry = r#""retry": { "strategy": "exponentialBackoff", "maxRetryCount": 3,
        "minimumInterval": "00:00:01", "maximumInterval": "00:00:03" }"#;
    let root = read("retry", HOST, &format!(r#"{{ {retry}, "bindings": [{TIMER}] }}"#)).unwrap();
    let retry_of = root.functions[0].retry.as_ref().unwrap();
    let delays = [1, 2, 3, 64].map(|count| retry_of.delay(count).as_secs());
    assert_eq!((retry_of.max(), delays), (3, [1, 2, 3, 3]));
    let http = r#"{ "type": "httpTrigger", "direction": "in", "name": "r" }"#;
    let error = read("http", HOST, &format!(r#"{{ {retry}, "bindings": [{http}] }}"#));
    assert!(error.map(drop).unwrap_err().contains("`retry` is for timers"));
}
