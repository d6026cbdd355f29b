//! Lost answers, late answers, and processes that die: nothing is made twice.

use ats_core::ActionKind::CreateApplication;
use ats_simulator::{Fault, FaultKind, Options};
use serde_json::json;

use crate::{
    inputs::{
        ENGINEER, application, census, demanded, every_way, file, messages, plain, with, writes,
    },
    support::{Book, Vendor},
};

#[tokio::test]
async fn an_answer_that_is_lost_makes_nothing_twice() {
    for input in every_way() {
        let calm = Vendor::start(Options::default()).await;
        calm.act(CreateApplication, input.clone()).await.unwrap();
        let (expected, mut endpoints) = (census(&calm), writes(&calm));
        endpoints.retain(|endpoint| endpoint.contains('.') && !endpoint.contains('/'));
        endpoints.sort();
        endpoints.dedup();
        for endpoint in endpoints {
            let options = Options {
                search_lag: 2,
                form_lag: 2,
                ..Options::default()
            };
            let vendor = Vendor::start(options).await;
            vendor
                .simulator
                .inject(Fault::once(&*endpoint, FaultKind::ApplyThenReset));
            let outcome = vendor.act(CreateApplication, input.clone()).await;
            let outcome = outcome.unwrap_or_else(|error| panic!("{endpoint}: {error}"));
            assert_eq!(census(&vendor), expected, "{endpoint}");
            let unknown = messages(&outcome)
                .iter()
                .any(|one| one.contains("not sent again"));
            assert_eq!(unknown, endpoint == "surveySubmission.create", "{endpoint}");
            assert_eq!(outcome.created.len(), 2, "{endpoint}");
        }
    }
}

#[tokio::test]
async fn a_process_that_dies_anywhere_is_taken_up_and_nothing_is_made_twice() {
    for input in every_way() {
        let calm = Vendor::start(Options::default()).await;
        calm.act(CreateApplication, input.clone()).await.unwrap();
        let expected = census(&calm);
        for lives in 0.. {
            let vendor = Vendor::start(Options::default()).await;
            let book = Book::dying(lives);
            let first = vendor
                .act_with(&book, CreateApplication, input.clone())
                .await;
            if !book.is_dead() {
                assert!(lives > 10, "it died {lives} times only");
                break;
            }
            drop(first);
            book.revive();
            let outcome = vendor
                .act_with(&book, CreateApplication, input.clone())
                .await;
            let outcome = outcome.unwrap_or_else(|error| panic!("{lives}: {error}"));
            let found = census(&vendor);
            // A survey that may have been sent is not sent again.
            let lost = expected[3] - found[3];
            let messages = messages(&outcome).into_iter();
            let warned = messages.filter(|one| one.contains("not sent again"));
            assert!(lost <= warned.count(), "{lives}");
            let but_surveys = |census: &[usize]| [&census[..3], &census[4..]].concat();
            assert_eq!(but_surveys(&found), but_surveys(&expected), "{lives}");
            assert_eq!(outcome.created.len(), 2, "{lives}");
            vendor.simulator.clear_log();
            let third = vendor
                .act_with(&book, CreateApplication, input.clone())
                .await;
            assert_eq!(third.unwrap().output, outcome.output);
            assert_eq!(writes(&vendor), [""; 0], "{lives}");
        }
    }
}

#[tokio::test]
async fn an_application_that_shows_late_is_waited_for_or_found_by_its_candidate() {
    for form_lag in [3, 1000] {
        let options = Options {
            form_lag,
            search_lag: 2,
            ..Options::default()
        };
        let vendor = Vendor::start(options).await;
        let input = with(plain(ENGINEER), "screening_question_answers", demanded());
        let input = with(input, "attachments", json!([file("ada.pdf", "CV")]));
        let outcome = vendor.act(CreateApplication, input).await.unwrap();
        let made = vendor.document("applications", application(&outcome));
        assert_eq!(made["job"]["id"], ENGINEER);
        assert_eq!(vendor.sent("applicationForm.submit").len(), 1);
    }
}
