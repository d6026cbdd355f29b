//! Hand-made exchanges against a small document with the vendor's habits: references into other
//! endpoints, titled alternatives, closed and open objects.

use super::*;

const SPEC: &str = r"
openapi: 3.1.0
info: {title: Small, version: 1.0.0}
paths:
  /thing.list:
    post:
      requestBody:
        content:
          application/json:
            schema:
              allOf:
              - type: object
                properties:
                  cursor: {type: string}
              - properties:
                  status: {type: string, enum: [Open, Closed]}
      responses:
        '200':
          content:
            application/json:
              schema:
                oneOf:
                - title: Success response
                  allOf:
                  - {type: object, required: [success], properties: {success: {type: boolean}}}
                  - type: object
                    required: [results]
                    properties:
                      results:
                        type: array
                        items:
                          $ref: '#/paths/~1thing.info/post/responses/200/content/application~1json/schema'
                - title: Error response
                  $ref: '#/paths/~1error/post/responses/429/content/application~1json/schema'
  /thing.info:
    post:
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {id: {type: string}}, required: [id], additionalProperties: false}
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties:
                  id: {type: string, format: uuid}
                  owner: {type: object, properties: {name: {type: string}}}
                  size: {oneOf: [{type: 'null'}, {type: object, required: [n], properties: {n: {type: number}}}]}
                  free: {type: object}
  /error:
    post:
      responses:
        '429':
          content:
            application/json:
              schema:
                type: object
                required: [success, errorInfo]
                properties: {success: {enum: [false]}, errorInfo: {type: object, required: [code], properties: {code: {type: string}}}}
";

const ID: &str = "0a000000-0000-4000-8000-000000000001";

fn violations(deviations: &str, lines: &[String]) -> (Vec<String>, Report) {
    let document = Document::parse(SPEC).unwrap();
    let deviations = Deviations::parse(deviations).unwrap();
    let exchanges = traffic::parse(&lines.join("\n")).unwrap();
    let report = judge(&document, &deviations, &exchanges).unwrap();
    let shown = report.violations.keys();
    let shown = shown.map(|v| format!("{} {:?} {} {}", v.endpoint, v.side, v.path, v.rule));
    (shown.collect(), report)
}

fn list(request: &str, status: u16, response: &str) -> String {
    format!(
        r#"{{"endpoint":"thing.list","request":{request},"status":{status},"response":{response}}}"#
    )
}

fn found(request: &str, status: u16, response: &str) -> Vec<String> {
    violations("[]", &[list(request, status, response)]).0
}

#[test]
fn exchanges_that_follow_the_document_pass() {
    let results = format!(
        r#"{{"success":true,"results":[{{"id":"{ID}","owner":{{"name":"Ada"}},"size":{{"n":1}},"free":{{"x":1}}}}]}}"#
    );
    let refusal = r#"{"success":false,"errorInfo":{"code":"invalid_input"}}"#;
    let lines = [
        list(r#"{"cursor":"a","status":"Open"}"#, 200, &results),
        list("{}", 200, refusal),
        list("{}", 403, refusal),
    ];
    let (shown, report) = violations("[]", &lines);
    assert_eq!(shown, Vec::<String>::new());
    assert_eq!((report.exchanges, report.endpoints.len()), (3, 1));
    conclude(&report).unwrap();
}

#[test]
fn a_request_that_the_vendor_would_not_understand_is_found() {
    assert_eq!(
        found(
            r#"{"cursor":null,"status":"Draft","includeAll":true}"#,
            200,
            r#"{"success":true,"results":[]}"#
        ),
        [
            "thing.list Request /cursor type",
            "thing.list Request /includeAll undeclared",
            "thing.list Request /status enum",
        ]
    );
}

#[test]
fn a_closed_object_refuses_by_its_own_rule_too() {
    let line = format!(
        r#"{{"endpoint":"thing.info","request":{{"id":"a","x":1}},"status":200,"response":{{"id":"{ID}"}}}}"#
    );
    let (shown, _) = violations("[]", &[line]);
    assert_eq!(
        shown,
        [
            "thing.info Request  additionalProperties",
            "thing.info Request /x undeclared"
        ]
    );
}

#[test]
fn an_answer_that_the_vendor_would_not_give_is_found_at_its_place() {
    let row = r#"{"id":"7","owner":{"name":null,"age":3},"size":{"n":"1"}}"#;
    assert_eq!(
        found(
            "{}",
            200,
            &format!(r#"{{"success":true,"results":[{row}, {row}]}}"#)
        ),
        [
            "thing.list Response /results/*/id format",
            "thing.list Response /results/*/owner/age undeclared",
            "thing.list Response /results/*/owner/name type",
            "thing.list Response /results/*/size/n type",
        ]
    );
    assert_eq!(
        found("{}", 200, r#"{"success":true}"#),
        ["thing.list Response  required"]
    );
    assert_eq!(
        found("{}", 429, r#"{"success":false,"errorInfo":{}}"#),
        ["thing.list Response /errorInfo required"]
    );
    assert_eq!(found("{}", 500, "null"), ["thing.list Response  type"]);
}

#[test]
fn an_endpoint_that_the_document_lacks_is_found() {
    let line = r#"{"endpoint":"thing.merge","request":{},"status":200,"response":{}}"#.to_owned();
    assert_eq!(violations("[]", &[line]).0.len(), 2);
}

#[test]
fn a_deviation_covers_its_place_only_and_must_be_needed() {
    let deviation = |only_null: bool| {
        format!(
            r#"[{{"endpoints":["thing.list"],"side":"response","paths":["/results/*/owner/name"],"rule":"type",
            "only_null":{only_null},"contradiction":"live answers carry null where a person has no name","evidence":"seen"}}]"#
        )
    };
    let answer = |name: &str| {
        list(
            "{}",
            200,
            &format!(r#"{{"success":true,"results":[{{"id":"{ID}","owner":{{"name":{name}}}}}]}}"#),
        )
    };
    let (shown, report) = violations(&deviation(true), &[answer("null")]);
    assert_eq!((shown.len(), report.used), (0, 1));
    conclude(&report).unwrap();

    let (shown, report) = violations(&deviation(true), &[answer("7")]);
    assert_eq!((shown.len(), report.unused.len()), (1, 1), "7 is not null");
    assert!(conclude(&report).is_err());

    let (shown, report) = violations(&deviation(false), &[answer("\"Ada\"")]);
    assert_eq!(shown.len(), 0);
    assert!(
        conclude(&report)
            .unwrap_err()
            .to_string()
            .contains("not needed")
    );
}

#[test]
fn no_traffic_is_a_failure() {
    let (_, report) = violations("[]", &[]);
    assert!(
        conclude(&report)
            .unwrap_err()
            .to_string()
            .contains("nothing was checked")
    );
}
