// The pages of whoever runs the server. Usage: node operator.mjs PLAN.

import { check, DESK, done, look, must, plan, PHONE } from "./lib.mjs";

async function sign_in(page) {
  await page.goto(`${plan.base}/`);
  await page.getByLabel("Password").fill(plan.password);
  await page.getByRole("button", { name: "Sign in" }).last().click();
  await page.getByRole("heading", { level: 1, name: "Integrations" }).waitFor();
}

const home = `${plan.base}/integrations/${plan.own.id}`;

await check("asks_for_a_login", async (page) => {
  for (const path of ["/", "/logs", "/webhooks", "/keys", `/integrations/${plan.own.id}`]) {
    await page.goto(plan.base + path);
    must(new URL(page.url()).pathname === "/login", `${path} led to ${page.url()}`);
  }
  await look(page, "operator-login");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).last().click();
  await page.getByRole("alert").waitFor();
  await look(page, "operator-login-wrong");
  await sign_in(page);
  const cookies = await page.context().cookies();
  must(cookies.length === 1 && cookies[0].httpOnly && cookies[0].sameSite !== "None", JSON.stringify(cookies));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto(`${plan.base}/keys`);
  must(new URL(page.url()).pathname === "/login", "signed out");
});

// Follows every link, a few of each kind; the kind of a page is its path without ids.
async function crawl(page, suffix) {
  await sign_in(page);
  const kind = (url) => url.pathname.replace(/\/(ashby:)?[1-9A-HJ-NP-Za-km-z]{24}(?=\/|$)/g, "/-").replace(/^\/docs\/.*/, "/docs/-");
  const seen = new Map();
  const queue = [`${plan.base}/`, home, `${plan.base}/docs`];
  const known = new Set(queue);
  while (queue.length > 0) {
    const url = new URL(queue.shift());
    const times = seen.get(kind(url)) ?? 0;
    if (times >= 2) continue;
    seen.set(kind(url), times + 1);
    const answer = await page.goto(url.href);
    must(answer.status() === 200, `${url.href}: status ${answer.status()}`);
    const policy = answer.headers()["content-security-policy"] ?? "";
    must(policy.includes("default-src 'none'") && !policy.includes("unsafe"), `${url.href}: ${policy}`);
    must((await page.locator("h1").count()) === 1, `${url.href}: not one h1`);
    const name = kind(url).replaceAll("/", "-").replace(/^-$/, "-overview");
    if (times === 0) await look(page, `operator${name}${suffix}`);
    for (const href of await page.locator("a[href]").evaluateAll((links) => links.map((link) => link.href))) {
      const next = new URL(href);
      next.hash = "";
      const is_page = next.origin === plan.base && !/^\/(assets|logout|v1|metrics|openapi)/.test(next.pathname);
      if (is_page && !known.has(next.href)) {
        known.add(next.href);
        queue.push(next.href);
      }
    }
  }
  return seen;
}

await check("every_page_can_be_reached_and_read", async (page) => {
  const seen = await crawl(page, "");
  for (const path of ["/", "/integrations/-", "/integrations/-/data/candidates", "/integrations/-/records/-",
    "/integrations/-/passes/-", "/logs", "/webhooks", "/keys", "/support", "/support/ashby", "/docs"]) {
    must(seen.has(path), `${path} was not reached; ${[...seen.keys()]}`);
  }
}, DESK);

await check("every_page_fits_a_phone", (page) => crawl(page, "-phone"), PHONE);

await check("works_without_scripts", async (page) => {
  await sign_in(page);
  await page.goto(home);
  await page.getByRole("button", { name: "Sync what changed" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
}, { javaScriptEnabled: false });

await check("a_sync_is_started_and_its_pass_is_shown", async (page) => {
  await sign_in(page);
  await page.goto(home);
  await page.getByRole("button", { name: "Sync everything" }).click();
  await page.waitForLoadState();
  must((await page.locator("main").innerText()).length > 100, "nothing is shown");
  for (let times = 0; times < 60; times += 1) {
    await page.goto(home);
    const text = await page.locator("main").innerText();
    if (/succeeded/i.test(text) && !/running|queued|waiting/i.test(text)) break;
    await page.waitForTimeout(500);
  }
  await page.locator("a[href*='/passes/']").first().click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await look(page, "operator-pass");
});

await check("data_is_filtered_followed_and_shown_with_its_source", async (page) => {
  await sign_in(page);
  await page.goto(`${home}/data/candidates`);
  const rows = page.locator("table tbody tr");
  const all = await rows.count();
  must(all > 3, `${all} rows`);
  await page.locator("main a[href*='/records/']").first().click();
  await page.getByRole("heading", { name: "Fields" }).waitFor();
  await page.getByRole("heading", { name: "Raw documents" }).waitFor();
  must((await page.locator("#raw ~ * pre").count()) > 0, "no raw document");
  must((await page.getByText("/candidate.list").count()) > 0, "no source of a field");
  await look(page, "operator-candidate");
  await page.getByRole("link", { name: "Applications" }).first().click();
  await page.waitForURL(/\/data\/applications\?refers_to=/);
  await look(page, "operator-applications-of-candidate");
});

await check("a_key_is_made_shown_once_and_revoked", async (page) => {
  await sign_in(page);
  await page.goto(`${plan.base}/keys`);
  await page.getByLabel("Name").fill("From the browser");
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = (await page.locator("#new-key").innerText()).trim();
  await look(page, "operator-new-key");
  const status = async () =>
    (await fetch(`${plan.server}/check-api-key`, { headers: { authorization: `Bearer ${key}` } })).status;
  must((await status()) === 200, "the key does not work");
  await page.goto(`${plan.base}/keys`);
  must(!(await page.content()).includes(key), "the key is shown again");
  await page.getByRole("button", { name: "Revoke From the browser" }).click();
  await page.waitForLoadState();
  must((await status()) === 401, "the key works still");
});

await check("a_form_of_another_site_changes_nothing", async (page) => {
  await sign_in(page);
  const [cookie] = await page.context().cookies();
  const forms = [`/keys`, `/logout`, `/integrations/${plan.own.id}/sync`, `/integrations/${plan.own.id}/state`];
  for (const path of forms) {
    const answer = await fetch(plan.base + path, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: `${cookie.name}=${cookie.value}`, "content-type": "application/x-www-form-urlencoded" },
      body: "name=evil&environment=production&type=FULL",
    });
    must(answer.status === 403, `${path}: status ${answer.status}`);
  }
  await page.goto(`${plan.base}/keys`);
  must(!(await page.content()).includes("evil"), "a key was made");
});

await done();
