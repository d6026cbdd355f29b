"""Calls every method of the Python SDK against the server, and prints a line of JSON for each check.

Usage: python python.py PLAN. What cannot be understood by the SDK raises in the SDK.
"""

import base64
import concurrent.futures
import datetime
import faulthandler
import json
import sys
import traceback
import urllib.request

from kombo import Kombo, errors

# Whatever hangs ends here.
faulthandler.dump_traceback_later(240, exit=True)

with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)

GENERAL = errors.KomboGeneralError
called = set()


def report(check, ok, detail=""):
    print(json.dumps({"check": check, "ok": ok, "detail": detail}), flush=True)


def client(integration_id, api_key=plan["key"]):
    return Kombo(server_url=plan["server"], api_key=api_key, integration_id=integration_id)


def check(name):
    """Runs the function at once, and reports how it went."""

    def run(function):
        called.add(name)
        try:
            found = function()
        except Exception as error:  # pylint: disable=broad-except
            cause = getattr(error, "cause", "")
            report(name, False, f"{traceback.format_exc()}\n{cause}"[:4000])
            return None
        report(name, True)
        return found

    return run


def same(found, expected, what):
    assert found == expected, f"{what}: {found}, expected {expected}"


def refused(call, code, kind=errors.KomboAtsError):
    """The call is refused with this code, as the class of error that its endpoint has."""
    try:
        call()
    except kind as error:
        same(text(error.data.error.code), code, "code")
        assert error.data.error.message, "no message"
        assert str(error.data.error.log_url).startswith(plan["base"]), error.data.error.log_url
        return
    raise AssertionError(f"not refused; expected {code}")


def text(value):
    """An open or closed enumeration as its text."""
    return getattr(value, "value", value)


def every(call, **request):
    """All records of a list, page by page."""
    page = call(**request)
    records = []
    while page is not None:
        records.extend(page.result.data.results)
        page = page.next()
    return records


def all_of(call, **request):
    return {record.id: record for record in every(call, **request)}


own = client(plan["own"]["id"])
large = client(plan["large"]["id"])

# --- every list, to its end --------------------------------------------------------------------

LISTS = {
    "get_users": "users",
    "get_jobs": "jobs",
    "get_candidates": "candidates",
    "get_applications": "applications",
    "get_application_stages": "application_stages",
    "get_tags": "tags",
    "get_interviews": "interviews",
    "get_offers": "offers",
    "get_rejection_reasons": "rejection_reasons",
}
found_own = {}


def walk(method, model):
    for kombo, counts in ((own, plan["own"]["counts"]), (large, plan["large"]["counts"])):
        for page_size in (7, 250):
            records = every(getattr(kombo.ats, method), page_size=page_size)
            same(len(records), counts[model], f"{model} at {page_size} a page")
            same(len({record.id for record in records}), len(records), "different ids")
            if kombo is own:
                found_own[model] = records
    call = getattr(own.ats, method)
    first = found_own[model][0]
    same(list(all_of(call, ids=[first.id])), [first.id], "by its id")
    zone = datetime.timezone(datetime.timedelta(hours=2))
    for later in (datetime.datetime.now(zone), datetime.datetime.utcnow()):
        later += datetime.timedelta(hours=3)
        same(len(every(call, updated_after=later)), 0, "changed in the future")
    deleted = every(call, include_deleted=True)
    assert len(deleted) >= len(found_own[model]), "fewer with what was deleted"


for method, model in LISTS.items():
    check(method)(lambda method=method, model=model: walk(method, model))
for method in ("get_roles", "get_notes", "get_ats_scorecards", "get_ats_attachments"):
    call = getattr(own.ats, method)
    check(method)(lambda call=call: refused(call, "INTEGRATION.MODEL_NOT_AVAILABLE"))
check("INTEGRATION.MODEL_NOT_AVAILABLE")(lambda: refused(own.ats.get_roles, "INTEGRATION.MODEL_NOT_AVAILABLE"))

# --- actions -----------------------------------------------------------------------------------


def the_job():
    for job in found_own["jobs"]:
        published = any(text(one.status) == "ACTIVE" for one in job.job_postings)
        if text(job.status) == "OPEN" and len(job.stages) > 1 and published:
            return job
    raise AssertionError("no open job")


job = the_job()
closed = next(job for job in found_own["jobs"] if text(job.status) == "CLOSED")
cv = {
    "name": "cv.txt",
    "type": "CV",
    "content_type": "text/plain",
    "data": base64.b64encode(b"Worked with engines.").decode(),
}


def person(name):
    return {
        "first_name": name,
        "last_name": "Byron",
        "email_address": f"{name.lower()}.{plan['name']}@example.com",
        "phone_number": "+1 555 0100",
        "social_links": [{"url": "https://www.linkedin.com/in/ada-example"}],
    }


@check("create_candidate")
def candidate():
    answer = own.ats.create_candidate(
        candidate=person("Ada"), application={"job_id": job.id}, attachments=[cv]
    )
    same(answer.data.first_name, "Ada", "first name")
    same(len(answer.data.applications), 1, "applications")
    same(len(all_of(own.ats.get_candidates, ids=[answer.data.id])), 1, "shown in the list at once")
    return answer.data


@check("create_application")
def application():
    answer = own.ats.create_application(
        job_id=job.id,
        candidate=person("Grace"),
        stage_id=job.stages[0].id,
        source={"name": "Our site"},
    )
    same(answer.data.job.id, job.id, "job")
    same(answer.data.candidate.first_name, "Grace", "first name")
    second = own.ats.create_application(job_id=f"remote:{job.remote_id}", candidate=person("Joan"))
    same(second.data.job.id, job.id, "job by the vendor's id")
    return answer.data


check("ATS.APPLICATION_ALREADY_EXISTS")(
    lambda: refused(
        lambda: own.ats.create_application(job_id=job.id, candidate=person("Grace")),
        "ATS.APPLICATION_ALREADY_EXISTS",
    )
)
check("ATS.JOB_CLOSED")(
    lambda: refused(
        lambda: own.ats.create_application(job_id=closed.id, candidate=person("Late")),
        "ATS.JOB_CLOSED",
    )
)

TAG = {"name": "Mathematics"}
LINK = {
    "label": "Test result",
    "url": "https://example.com/results/1",
    "details": {
        "custom_field_name_prefix": "Acme:",
        "attributes": [{"key": "Score", "value": "100"}],
    },
}
candidate_id = candidate.id if candidate else "?"
application_id = application.id if application else "?"


def tags_of_candidate():
    return [tag.name for tag in all_of(own.ats.get_candidates, ids=[candidate_id])[candidate_id].tags]


@check("add_candidate_tag")
def _():
    own.ats.add_candidate_tag(candidate_id=candidate_id, tag=TAG)
    assert "Mathematics" in tags_of_candidate(), "the tag is not shown"


@check("remove_candidate_tag")
def _():
    own.ats.remove_candidate_tag(candidate_id=candidate_id, tag=TAG)
    assert "Mathematics" not in tags_of_candidate(), "the tag is still shown"


check("add_candidate_result_link")(
    lambda: own.ats.add_candidate_result_link(candidate_id=candidate_id, **LINK)
)
check("add_candidate_attachment")(
    lambda: own.ats.add_candidate_attachment(candidate_id=candidate_id, attachment=cv)
)


@check("get_candidate_attachments")
def _():
    results = own.ats.get_candidate_attachments(candidate_id=candidate_id).data.results
    assert results, "no attachment is shown"
    with urllib.request.urlopen(results[0].data_url) as file:
        same(file.status, 200, "the file")


@check("move_application_to_stage")
def _():
    stage = next(stage for stage in job.stages if stage.id != application.current_stage_id)
    own.ats.move_application_to_stage(application_id=application_id, stage_id=stage.id)
    listed = all_of(own.ats.get_applications, ids=[application_id])[application_id]
    same(listed.current_stage_id, stage.id, "stage")


check("add_application_note")(
    lambda: own.ats.add_application_note(
        application_id=application_id, content="Called her.", content_type="PLAIN_TEXT"
    )
)
check("add_application_result_link")(
    lambda: own.ats.add_application_result_link(application_id=application_id, **LINK)
)
check("add_application_attachment")(
    lambda: own.ats.add_application_attachment(application_id=application_id, attachment=cv)
)


@check("get_application_attachments")
def _():
    answer = own.ats.get_application_attachments(application_id=application_id)
    assert answer.data.results, "no attachment is shown"


@check("reject_application")
def _():
    reason = found_own["rejection_reasons"][0]
    own.ats.reject_application(application_id=application_id, rejection_reason_id=reason.id)
    listed = all_of(own.ats.get_applications, ids=[application_id])[application_id]
    same(text(listed.outcome), "DECLINED", "outcome")


def import_tracked():
    own.ats.import_tracked_application(
        tracked_at=None, greenhouse={"id_type": "application_id", "application_id": "1"}
    )


for name in ("import_tracked_application", "INTEGRATION.ACTION_NOT_AVAILABLE"):
    check(name)(lambda: refused(import_tracked, "INTEGRATION.ACTION_NOT_AVAILABLE"))

# --- errors ------------------------------------------------------------------------------------

unknown = client("ashby:111111111111111111111111")


@check("PLATFORM.AUTHENTICATION_INVALID")
def _():
    nobody = client(plan["own"]["id"], "no-such-key")
    refused(nobody.ats.get_users, "PLATFORM.AUTHENTICATION_INVALID")
    refused(nobody.general.check_api_key, "PLATFORM.AUTHENTICATION_INVALID", GENERAL)


@check("PLATFORM.INTEGRATION_NOT_FOUND")
def _():
    other = client(plan["own"]["id"], plan["other_key"])
    code = "PLATFORM.INTEGRATION_NOT_FOUND"
    for kombo in (unknown, other):
        refused(kombo.ats.get_users, code)
        refused(kombo.general.trigger_sync, code, GENERAL)
    refused(
        lambda: other.general.get_integration_details(integration_id=plan["own"]["id"]), code, GENERAL
    )


@check("PLATFORM.INPUT_INVALID")
def _():
    refused(lambda: own.ats.get_users(cursor="no cursor"), "PLATFORM.INPUT_INVALID")
    refused(lambda: own.ats.get_users(page_size=100_000), "PLATFORM.INPUT_INVALID")
    refused(client(None).ats.get_users, "PLATFORM.INPUT_INVALID")


def tag_at(name):
    kombo = client(plan["faulty"][name])
    first = kombo.ats.get_candidates(page_size=1).result.data.results[0]
    tag = {"name": f"Tag of {plan['name']}"}
    return lambda: kombo.ats.add_candidate_tag(candidate_id=first.id, tag=tag)


FAULTS = {
    "weak": "INTEGRATION.PERMISSION_MISSING",
    "dead": "INTEGRATION.AUTHENTICATION_INVALID",
    "down": "REMOTE.SERVICE_UNAVAILABLE",
    "limited": "REMOTE.RATE_LIMIT_EXCEEDED",
    "refusing": "REMOTE.INPUT_INVALID",
    "strange": "REMOTE.UNKNOWN_HTTP_ERROR",
    "scoped": "INTEGRATION.ACTION_DISABLED",
}
for name, code in FAULTS.items():
    check(code)(lambda name=name, code=code: refused(tag_at(name), code))
check("INTEGRATION.MODEL_DISABLED")(
    lambda: refused(client(plan["faulty"]["scoped"]).ats.get_offers, "INTEGRATION.MODEL_DISABLED")
)
check("INTEGRATION.SETUP_SYNC_PENDING")(
    lambda: refused(client(plan["faulty"]["unread"]).ats.get_users, "INTEGRATION.SETUP_SYNC_PENDING")
)


@check("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED")
def _():
    call = tag_at("slow")

    def outcome(_):
        try:
            call()
        except errors.KomboAtsError as error:
            return text(error.data.error.code)
        return "done"

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        outcomes = list(pool.map(outcome, range(40)))
    assert "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED" in outcomes, outcomes


# --- beside lists and actions -------------------------------------------------------------------

integration_id = plan["own"]["id"]


@check("check_api_key")
def _():
    assert own.general.check_api_key().data.environment_id, "no environment"


@check("get_tools")
def _():
    tools = own.general.get_tools(category="ats").data.tools
    assert any(tool.id == "ashby" for tool in tools), "no ashby"
    for category in ("hris", "assessment", "lms"):
        own.general.get_tools(category=category)


@check("get_integration_details")
def _():
    details = own.general.get_integration_details(integration_id=integration_id).data
    same((details.id, text(details.status)), (integration_id, "ACTIVE"), "details")
    assert any(model.id == "ats_jobs" and model.is_available for model in details.read_models)
    assert any(action.id == "ats_create_candidate" for action in details.write_actions)


def status():
    return text(own.general.get_integration_details(integration_id=integration_id).data.status)


@check("set_integration_enabled")
def _():
    own.general.set_integration_enabled(integration_id=integration_id, value=False)
    same(status(), "INACTIVE", "status")


check("INTEGRATION.INACTIVE")(
    lambda: refused(
        lambda: own.ats.add_candidate_tag(candidate_id=candidate_id, tag=TAG), "INTEGRATION.INACTIVE"
    )
)


@check("set_integration_enabled")
def _():
    own.general.set_integration_enabled(integration_id=integration_id, value=True)
    same(status(), "ACTIVE", "status")


@check("create_reconnection_link")
def _():
    link = own.general.create_reconnection_link(integration_id=integration_id, language="en").data.link
    assert link.startswith(plan["base"]), link


# There is nothing to set up for Ashby, which the API answers in this way.
check("create_setup_link")(
    lambda: refused(
        lambda: own.general.create_setup_link(integration_id=integration_id, link_type="EMBEDDED"),
        "PLATFORM.INPUT_INVALID",
        GENERAL,
    )
)


@check("get_integration_fields")
def fields():
    few = all_of(own.general.get_integration_fields, integration_id=integration_id, page_size=7)
    many = all_of(own.general.get_integration_fields, integration_id=integration_id, page_size=2000)
    assert few, "no field"
    same(set(few), set(many), "fields at 7 and at 2000 a page")
    return list(few.values())


@check("update_integration_field")
def _():
    for enabled in (True, False):
        answer = own.general.update_integration_field(
            integration_id=integration_id,
            integration_field_id=fields[0].id,
            enable_passthrough=enabled,
        )
        same(answer.data.is_passthrough_enabled, enabled, "passthrough")


@check("get_custom_fields")
def custom():
    found = every(own.general.get_custom_fields, integration_id=integration_id, page_size=7)
    assert found, "no custom field"
    return found


@check("update_custom_field_mapping")
def _():
    field = custom[0]
    fits = next((one for one in fields if one.model == field.model), fields[0])
    for wanted in (fits.id, None):
        answer = own.general.update_custom_field_mapping(
            integration_id=integration_id, custom_field_id=field.id, integration_field_id=wanted
        )
        mapped = answer.data.integration_field
        same(mapped.id if mapped else None, wanted, "mapped")


@check("send_passthrough_request")
def _():
    def call(path):
        return own.general.send_passthrough_request(
            tool="ashby", api="v1", method="POST", path=path, data={"limit": 1}
        )

    answer = call("/job.list").data
    same((answer.status, len(answer.data["results"])), (200, 1), "answer")
    assert call("/no.such").data.status >= 400, "what the vendor refuses is an answer"


@check("trigger_sync")
def _():
    for kind in ("DELTA", "FULL"):
        assert own.general.trigger_sync(type_=kind).data.sync_id, "no sync"


@check("create_connection_link")
def _():
    link = own.connect.create_connection_link(
        end_user_email="ada@example.com",
        end_user_organization_name="Example Inc.",
        end_user_origin_id="customer-1",
        integration_category="ATS",
        integration_tool="ashby",
        link_type="MAGIC_LINK",
    ).data.link
    assert link.startswith(plan["base"]), link


@check("get_integration_by_token")
def _():
    by_token = own.connect.get_integration_by_token
    refused(lambda: by_token(token="no-such-token"), "PLATFORM.INPUT_INVALID", GENERAL)
    if "token" in plan:
        same(text(by_token(token=plan["token"]).data.tool), "ashby", "tool")


# --- last of all --------------------------------------------------------------------------------


@check("delete_integration")
def _():
    own.general.delete_integration(integration_id=integration_id, body={})
    refused(own.ats.get_users, "PLATFORM.INTEGRATION_NOT_FOUND")


@check("all_methods")
def _():
    """No method was forgotten."""
    there = set()
    for part in (own.ats, own.general, own.connect):
        names = (name for name in vars(type(part)) if not name.startswith("_"))
        there.update(name for name in names if not name.endswith("_async"))
    assert len(there) > 30, there
    same(there - called, set(), "methods that were not called")
