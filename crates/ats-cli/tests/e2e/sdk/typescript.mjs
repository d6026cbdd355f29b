// Calls every method of the TypeScript SDK against the server, and prints a line of JSON for each check.
//
// Usage: node typescript.mjs PLAN. What cannot be understood by the SDK throws in the SDK.

import { readFileSync } from "node:fs";
import { Kombo } from "@kombo-api/sdk";
import * as errors from "@kombo-api/sdk/models/errors";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));

// Whatever hangs ends here.
setTimeout(() => process.exit(3), 240_000).unref();

const report = (check, ok, detail = "") => console.log(JSON.stringify({ check, ok, detail }));

function client(integration_id, api_key = plan.key) {
  return new Kombo({ server_url: plan.server, api_key, integration_id });
}

function described(error) {
  const cause = error?.cause ?? error?.rawValue;
  const more = typeof error?.pretty === "function" ? error.pretty() : "";
  return [error?.stack ?? String(error), more, cause ? String(cause.stack ?? cause) : ""].join("\n").slice(0, 4000);
}

async function check(name, run) {
  try {
    const found = await run();
    report(name, true);
    return found;
  } catch (error) {
    report(name, false, described(error));
    return undefined;
  }
}

function must(holds, message) {
  if (!holds) throw new Error(message);
}

function same(found, expected, what) {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  must(left === right, `${what}: ${left}, expected ${right}`);
}

// The call is refused with this code, as the class of error that its endpoint has.
async function refused(call, code, kind = errors.KomboAtsError) {
  try {
    await call();
  } catch (error) {
    must(error instanceof kind, `no ${kind.name}: ${described(error)}`);
    same(error.error.code, code, "code");
    must(error.error.message.length > 0, "no message");
    must(error.error.log_url?.startsWith(plan.base), `log_url ${error.error.log_url}`);
    return error;
  }
  throw new Error(`not refused; expected ${code}`);
}

const body = (page) => page.result ?? page;

async function all(call, request) {
  const records = [];
  for await (const page of await call(request)) records.push(...body(page).data.results);
  return records;
}

const own = client(plan.own.id);
const large = client(plan.large.id);
const general = errors.KomboGeneralError;

// --- every list, to its end --------------------------------------------------------------------

const lists = {
  getUsers: "users",
  getJobs: "jobs",
  getCandidates: "candidates",
  getApplications: "applications",
  getApplicationStages: "application_stages",
  getTags: "tags",
  getInterviews: "interviews",
  getOffers: "offers",
  getRejectionReasons: "rejection_reasons",
};
const own_records = {};
for (const [method, model] of Object.entries(lists)) {
  await check(method, async () => {
    for (const [kombo, counts] of [[own, plan.own.counts], [large, plan.large.counts]]) {
      for (const page_size of [7, 250]) {
        const records = await all((request) => kombo.ats[method](request), { page_size });
        same(records.length, counts[model], `${model} at ${page_size} a page`);
        same(new Set(records.map((record) => record.id)).size, records.length, "different ids");
        if (kombo === own) own_records[model] = records;
      }
    }
    const first = own_records[model][0];
    const found = await all((request) => own.ats[method](request), { ids: [first.id] });
    same(found.map((record) => record.id), [first.id], "by its id");
    const later = new Date(Date.now() + 3_600_000);
    const none = await all((request) => own.ats[method](request), { updated_after: later });
    same(none.length, 0, "changed in the future");
    const deleted = await all((request) => own.ats[method](request), { include_deleted: true });
    must(deleted.length >= own_records[model].length, "fewer with what was deleted");
  });
}
for (const method of ["getRoles", "getNotes", "getAtsScorecards", "getAtsAttachments"]) {
  if (typeof own.ats[method] !== "function") continue;
  await check(method, async () => {
    await refused(() => all((request) => own.ats[method](request), {}), "INTEGRATION.MODEL_NOT_AVAILABLE");
  });
}
await check("INTEGRATION.MODEL_NOT_AVAILABLE", () =>
  refused(() => own.ats.getRoles({}), "INTEGRATION.MODEL_NOT_AVAILABLE"));

// --- actions -----------------------------------------------------------------------------------

const jobs = own_records.jobs ?? [];
const job = jobs.find((job) => job.status === "OPEN" && job.stages.length > 1 && job.job_postings.some((one) => one.status === "ACTIVE"));
const closed = jobs.find((job) => job.status === "CLOSED");
const cv = {
  name: "cv.txt",
  type: "CV",
  content_type: "text/plain",
  data: Buffer.from("Worked with engines.").toString("base64"),
};

const person = (name) => ({
  first_name: name,
  last_name: "Byron",
  email_address: `${name.toLowerCase()}.${plan.name}@example.com`,
  phone_number: "+1 555 0100",
  social_links: [{ url: "https://www.linkedin.com/in/ada-example" }],
});

const candidate = await check("createCandidate", async () => {
  const request = { candidate: person("Ada"), application: { job_id: job.id }, attachments: [cv] };
  const answer = await own.ats.createCandidate(request);
  same(answer.data.first_name, "Ada", "first name");
  must(answer.data.applications.length === 1, "no application");
  const listed = await all((request) => own.ats.getCandidates(request), { ids: [answer.data.id] });
  same(listed.length, 1, "shown in the list at once");
  return answer.data;
});
const application = await check("createApplication", async () => {
  const stage = job.stages[0];
  const request = { job_id: job.id, body: { candidate: person("Grace"), stage_id: stage.id, source: { name: "Our site" } } };
  const answer = await own.ats.createApplication(request);
  same(answer.data.job.id, job.id, "job");
  same(answer.data.candidate.first_name, "Grace", "first name");
  const remote = { job_id: `remote:${job.remote_id}`, body: { candidate: person("Joan") } };
  const second = await own.ats.createApplication(remote);
  same(second.data.job.id, job.id, "job by the vendor's id");
  return answer.data;
});
await check("ATS.APPLICATION_ALREADY_EXISTS", () =>
  refused(() => own.ats.createApplication({ job_id: job.id, body: { candidate: person("Grace") } }),
    "ATS.APPLICATION_ALREADY_EXISTS"));
await check("ATS.JOB_CLOSED", () =>
  refused(() => own.ats.createApplication({ job_id: closed.id, body: { candidate: person("Late") } }),
    "ATS.JOB_CLOSED"));

const tag = { tag: { name: "Mathematics" } };
const link = {
  label: "Test result",
  url: "https://example.com/results/1",
  details: { custom_field_name_prefix: "Acme:", attributes: [{ key: "Score", value: "100" }] },
};
const candidate_id = candidate?.id;
const application_id = application?.id;
await check("addCandidateTag", async () => {
  await own.ats.addCandidateTag({ candidate_id, body: tag });
  const [listed] = await all((request) => own.ats.getCandidates(request), { ids: [candidate_id] });
  must(listed.tags.some((one) => one.name === "Mathematics"), "the tag is not shown");
});
await check("removeCandidateTag", async () => {
  await own.ats.removeCandidateTag({ candidate_id, body: tag });
  const [listed] = await all((request) => own.ats.getCandidates(request), { ids: [candidate_id] });
  must(!listed.tags.some((one) => one.name === "Mathematics"), "the tag is still shown");
});
await check("addCandidateResultLink", () => own.ats.addCandidateResultLink({ candidate_id, body: link }));
await check("addCandidateAttachment", () => own.ats.addCandidateAttachment({ candidate_id, body: { attachment: cv } }));
await check("getCandidateAttachments", async () => {
  const answer = await own.ats.getCandidateAttachments({ candidate_id });
  must(answer.data.results.length > 0, "no attachment is shown");
  const [first] = answer.data.results;
  const file = await fetch(first.data_url);
  must(file.ok, `the file cannot be fetched: ${file.status}`);
});
await check("moveApplicationToStage", async () => {
  const stage = job.stages.find((stage) => stage.id !== application.current_stage_id);
  await own.ats.moveApplicationToStage({ application_id, body: { stage_id: stage.id } });
  const [listed] = await all((request) => own.ats.getApplications(request), { ids: [application_id] });
  same(listed.current_stage_id, stage.id, "stage");
});
await check("addApplicationNote", () =>
  own.ats.addApplicationNote({ application_id, body: { content: "Called her.", content_type: "PLAIN_TEXT" } }));
await check("addApplicationResultLink", () => own.ats.addApplicationResultLink({ application_id, body: link }));
await check("addApplicationAttachment", () => own.ats.addApplicationAttachment({ application_id, body: { attachment: cv } }));
await check("getApplicationAttachments", async () => {
  const answer = await own.ats.getApplicationAttachments({ application_id });
  must(answer.data.results.length > 0, "no attachment is shown");
});
await check("rejectApplication", async () => {
  const reason = own_records.rejection_reasons[0];
  await own.ats.rejectApplication({ application_id, body: { rejection_reason_id: reason.id } });
  const [listed] = await all((request) => own.ats.getApplications(request), { ids: [application_id] });
  same(listed.outcome, "DECLINED", "outcome");
});
const tracked = { tracked_at: null, greenhouse: { id_type: "application_id", application_id: "1" } };
await check("importTrackedApplication", () =>
  refused(() => own.ats.importTrackedApplication(tracked), "INTEGRATION.ACTION_NOT_AVAILABLE"));
await check("INTEGRATION.ACTION_NOT_AVAILABLE", () =>
  refused(() => own.ats.importTrackedApplication(tracked), "INTEGRATION.ACTION_NOT_AVAILABLE"));

// --- errors ------------------------------------------------------------------------------------

const unknown = client("ashby:111111111111111111111111");
await check("PLATFORM.AUTHENTICATION_INVALID", async () => {
  const nobody = client(plan.own.id, "no-such-key");
  await refused(() => nobody.ats.getUsers({}), "PLATFORM.AUTHENTICATION_INVALID");
  await refused(() => nobody.general.checkApiKey(), "PLATFORM.AUTHENTICATION_INVALID", general);
});
await check("PLATFORM.INTEGRATION_NOT_FOUND", async () => {
  const other = client(plan.own.id, plan.other_key);
  const code = "PLATFORM.INTEGRATION_NOT_FOUND";
  for (const kombo of [unknown, other]) {
    await refused(() => kombo.ats.getUsers({}), code);
    await refused(() => kombo.general.triggerSync({}), code, general);
  }
  await refused(() => other.general.getIntegrationDetails({ integration_id: plan.own.id }), code, general);
});
await check("PLATFORM.INPUT_INVALID", async () => {
  await refused(() => own.ats.getUsers({ cursor: "no cursor" }), "PLATFORM.INPUT_INVALID");
  await refused(() => own.ats.getUsers({ page_size: 100_000 }), "PLATFORM.INPUT_INVALID");
  await refused(() => client(undefined).ats.getUsers({}), "PLATFORM.INPUT_INVALID");
});

async function tag_at(name) {
  const kombo = client(plan.faulty[name]);
  const first = body(await kombo.ats.getCandidates({ page_size: 1 })).data.results[0];
  return () => kombo.ats.addCandidateTag({ candidate_id: first.id, body: { tag: { name: `Tag of ${plan.name}` } } });
}
const faults = {
  weak: "INTEGRATION.PERMISSION_MISSING",
  dead: "INTEGRATION.AUTHENTICATION_INVALID",
  down: "REMOTE.SERVICE_UNAVAILABLE",
  limited: "REMOTE.RATE_LIMIT_EXCEEDED",
  refusing: "REMOTE.INPUT_INVALID",
  strange: "REMOTE.UNKNOWN_HTTP_ERROR",
};
for (const [name, code] of Object.entries(faults)) {
  await check(code, async () => {
    const call = await tag_at(name);
    await refused(call, code);
  });
}
await check("INTEGRATION.ACTION_DISABLED", async () => {
  const call = await tag_at("scoped");
  await refused(call, "INTEGRATION.ACTION_DISABLED");
});
await check("INTEGRATION.MODEL_DISABLED", () =>
  refused(() => client(plan.faulty.scoped).ats.getOffers({}), "INTEGRATION.MODEL_DISABLED"));
await check("INTEGRATION.SETUP_SYNC_PENDING", () =>
  refused(() => client(plan.faulty.unread).ats.getUsers({}), "INTEGRATION.SETUP_SYNC_PENDING"));
await check("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED", async () => {
  const call = await tag_at("slow");
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => call()));
  const turned = outcomes.filter((one) => one.reason?.error?.code === "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED");
  must(turned.length > 0, `none of 40 was turned away: ${outcomes.map((one) => one.reason?.error?.code ?? one.status)}`);
  must(turned.every((one) => one.reason instanceof errors.KomboAtsError), "no typed error");
});

// --- beside lists and actions -------------------------------------------------------------------

const integration_id = plan.own.id;
await check("checkApiKey", async () => {
  const answer = await own.general.checkApiKey();
  must(answer.data.environment_id.length > 0, "no environment");
});
await check("getTools", async () => {
  const answer = await own.general.getTools({ category: "ats" });
  must(answer.data.tools.some((tool) => tool.id === "ashby"), "no ashby");
  for (const category of ["hris", "assessment", "lms"]) await own.general.getTools({ category });
});
await check("getIntegrationDetails", async () => {
  const answer = await own.general.getIntegrationDetails({ integration_id });
  same(answer.data.id, integration_id, "id");
  same(answer.data.status, "ACTIVE", "status");
  must(answer.data.read_models.some((model) => model.id === "ats_jobs" && model.is_available), "no ats_jobs");
  must(answer.data.write_actions.some((action) => action.id === "ats_create_candidate"), "no ats_create_candidate");
});
await check("setIntegrationEnabled", async () => {
  await own.general.setIntegrationEnabled({ integration_id, body: { value: false } });
  const off = await own.general.getIntegrationDetails({ integration_id });
  same(off.data.status, "INACTIVE", "status");
});
await check("INTEGRATION.INACTIVE", () =>
  refused(() => own.ats.addCandidateTag({ candidate_id, body: tag }), "INTEGRATION.INACTIVE"));
await check("setIntegrationEnabled", async () => {
  await own.general.setIntegrationEnabled({ integration_id, body: { value: true } });
  const on = await own.general.getIntegrationDetails({ integration_id });
  same(on.data.status, "ACTIVE", "status");
});
await check("createReconnectionLink", async () => {
  const answer = await own.general.createReconnectionLink({ integration_id, body: { language: "en" } });
  must(answer.data.link.startsWith(plan.base), answer.data.link);
});
await check("createSetupLink", async () => {
  const request = { integration_id, body: { link_type: "EMBEDDED", language: "en" } };
  // There is nothing to set up for Ashby, which the API answers in this way.
  await refused(() => own.general.createSetupLink(request), "PLATFORM.INPUT_INVALID", general);
});
const fields = await check("getIntegrationFields", async () => {
  const few = await all((request) => own.general.getIntegrationFields(request), { integration_id, page_size: 7 });
  const many = await all((request) => own.general.getIntegrationFields(request), { integration_id, page_size: 2000 });
  must(few.length > 0, "no field");
  same(few.map((field) => field.id).sort(), many.map((field) => field.id).sort(), "fields at 7 and at 2000 a page");
  return few;
});
await check("updateIntegrationField", async () => {
  const integration_field_id = fields[0].id;
  for (const enable_passthrough of [true, false]) {
    const answer = await own.general.updateIntegrationField({ integration_id, integration_field_id, body: { enable_passthrough } });
    same(answer.data.is_passthrough_enabled, enable_passthrough, "passthrough");
  }
});
const custom = await check("getCustomFields", async () => {
  const found = await all((request) => own.general.getCustomFields(request), { integration_id, page_size: 7 });
  must(found.length > 0, "no custom field");
  return found;
});
await check("updateCustomFieldMapping", async () => {
  const field = custom[0];
  const fits = fields.find((one) => one.model === field.model) ?? fields[0];
  for (const integration_field_id of [fits.id, null]) {
    const answer = await own.general.updateCustomFieldMapping({ integration_id, custom_field_id: field.id, body: { integration_field_id } });
    same(answer.data.integration_field?.id ?? null, integration_field_id, "mapped");
  }
});
await check("sendPassthroughRequest", async () => {
  const request = { method: "POST", path: "/job.list", data: { limit: 1 } };
  const answer = await own.general.sendPassthroughRequest({ tool: "ashby", api: "v1", body: request });
  same(answer.data.status, 200, "status");
  same(answer.data.data.results.length, 1, "rows");
  const missing = await own.general.sendPassthroughRequest({ tool: "ashby", api: "v1", body: { ...request, path: "/no.such" } });
  must(missing.data.status >= 400, "what the vendor refuses is an answer");
});
await check("triggerSync", async () => {
  for (const type of ["DELTA", "FULL"]) {
    const answer = await own.general.triggerSync({ type });
    must(answer.data.sync_id.length > 0, "no sync");
  }
});
await check("createConnectionLink", async () => {
  const answer = await own.connect.createConnectionLink({
    end_user_email: "ada@example.com",
    end_user_organization_name: "Example Inc.",
    end_user_origin_id: "customer-1",
    integration_category: "ATS",
    integration_tool: "ashby",
    link_type: "MAGIC_LINK",
  });
  must(answer.data.link.startsWith(plan.base), answer.data.link);
});
await check("getIntegrationByToken", async () => {
  await refused(() => own.connect.getIntegrationByToken({ token: "no-such-token" }), "PLATFORM.INPUT_INVALID", general);
  if (plan.token) {
    const answer = await own.connect.getIntegrationByToken({ token: plan.token });
    same(answer.data.tool, "ashby", "tool");
  }
});

// --- last of all --------------------------------------------------------------------------------

await check("deleteIntegration", async () => {
  await own.general.deleteIntegration({ integration_id, body: {} });
  await refused(() => own.ats.getUsers({}), "PLATFORM.INTEGRATION_NOT_FOUND");
});

// No method was forgotten.
await check("all_methods", async () => {
  const called = new Set([...Object.keys(lists), "getRoles", "getNotes", "getAtsScorecards", "getAtsAttachments",
    "createCandidate", "createApplication", "addCandidateTag", "removeCandidateTag", "addCandidateResultLink",
    "addCandidateAttachment", "getCandidateAttachments", "moveApplicationToStage", "addApplicationNote",
    "addApplicationResultLink", "addApplicationAttachment", "getApplicationAttachments", "rejectApplication",
    "importTrackedApplication", "checkApiKey", "triggerSync", "sendPassthroughRequest", "getIntegrationDetails",
    "setIntegrationEnabled", "createReconnectionLink", "createSetupLink", "getIntegrationFields",
    "updateIntegrationField", "getCustomFields", "updateCustomFieldMapping", "getTools", "createConnectionLink",
    "getIntegrationByToken", "deleteIntegration"]);
  const there = ["ats", "general", "connect"].flatMap((part) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(own[part])).filter((name) => name !== "constructor"));
  same(there.filter((name) => !called.has(name)), [], "methods that were not called");
  must(there.length > 30, `only ${there.length} methods were found`);
});
process.exit(0);
