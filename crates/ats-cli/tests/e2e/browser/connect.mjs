// The connect flow as a customer goes through it. Usage: node connect.mjs PLAN.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Kombo } from "@kombo-api/sdk";
import { api, check, done, look, must, plan, PHONE } from "./lib.mjs";

const vendor = plan.vendor;

async function link(change = {}) {
  const answer = await api("POST", "/connect/create-link", {
    end_user_email: "ada@example.com",
    end_user_organization_name: "Example Inc.",
    end_user_origin_id: "customer-1",
    integration_category: "ATS",
    integration_tool: "ashby",
    link_type: "MAGIC_LINK",
    ...change,
  });
  must(answer.data?.link, JSON.stringify(answer));
  return answer.data.link;
}

// The page on which the key is entered, from the first one on.
async function to_the_key(page, url) {
  const first = await page.goto(url);
  must(first.status() === 200, `status ${first.status()}`);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Enter the key" }).waitFor();
}

async function enter(page, key) {
  await page.getByText("Advanced").click();
  await page.getByLabel("Vendor address").fill(vendor.base_url);
  await page.locator("input[type=password]").fill(key);
  await page.getByRole("button", { name: "Try the key" }).click();
}

async function confirm(page) {
  await page.getByRole("heading", { name: "What the key may do" }).waitFor();
  must(!(await page.content()).includes(vendor.key), "the key stands in the page");
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
}

await check("says_who_asks_for_what", async (page) => {
  await page.goto(await link());
  await page.getByRole("heading", { level: 1, name: "Connect Ashby" }).waitFor();
  must((await page.locator("main").innerText()).includes("Example Inc."), "no name of the organisation");
  for (const summary of await page.locator("summary").all()) await summary.click();
  await look(page, "connect-1-begin");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Make a key in Ashby" }).waitFor();
  must((await page.locator("ol.steps > li").count()) >= 3, "no guide step by step");
  for (const summary of await page.locator("summary").all()) await summary.click();
  await look(page, "connect-2-key");
});

await check("lets_the_customer_choose_the_tool", async (page) => {
  await page.goto(await link({ integration_tool: null }));
  await page.getByRole("radio", { name: "Ashby" }).check();
  await look(page, "connect-1-choose");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Make a key in Ashby" }).waitFor();
});

await check("tells_that_a_key_is_wrong", async (page) => {
  await to_the_key(page, await link());
  await enter(page, "no-such-key");
  await page.getByRole("alert").getByText("The key was not taken").waitFor();
  must((await page.locator("[aria-invalid=true]").count()) === 1, "no field is marked");
  must(!(await page.content()).includes("no-such-key"), "the key stands in the page");
  await look(page, "connect-2-wrong-key");
  await enter(page, vendor.key);
  await confirm(page);
});

await check("shows_what_to_tick_when_a_permission_is_missing", async (page) => {
  await to_the_key(page, await link());
  await enter(page, vendor.weak_key);
  await page.getByRole("heading", { name: "Something is missing" }).waitFor();
  must((await page.locator("#missing li").count()) > 0, "no box is named");
  await page.getByText("works", { exact: true }).first().waitFor();
  await page.getByText("missing", { exact: true }).first().waitFor();
  await look(page, "connect-3-missing");
  await page.getByRole("button", { name: /try again/ }).click();
  await page.getByRole("heading", { name: "Something is missing" }).waitFor();
  await confirm(page);
});

await check("connects_and_the_link_works_once", async (page) => {
  const url = await link();
  await to_the_key(page, url);
  await enter(page, vendor.key);
  await page.getByText("Everything works.").waitFor();
  await look(page, "connect-3-scope");
  await confirm(page);
  await look(page, "connect-4-done");
  await page.goBack().catch(() => {});
  const again = await page.goto(url);
  must(again.status() === 410, `status ${again.status()}`);
  await page.getByRole("heading", { name: "This link was used already" }).waitFor();
  await look(page, "connect-used");
});

await check("works_without_scripts", async (page) => {
  await to_the_key(page, await link());
  await look(page, "connect-2-no-scripts");
  await enter(page, vendor.key);
  await confirm(page);
  await look(page, "connect-4-no-scripts");
}, { javaScriptEnabled: false });

await check("works_on_a_phone", async (page) => {
  await page.goto(await link());
  await look(page, "connect-1-phone");
  await page.getByRole("button", { name: "Continue" }).tap();
  await page.getByRole("heading", { name: "Enter the key" }).waitFor();
  await look(page, "connect-2-phone");
  await enter(page, vendor.weak_key);
  await page.getByRole("heading", { name: "What the key may do" }).waitFor();
  await look(page, "connect-3-phone");
  await confirm(page);
  await look(page, "connect-4-phone");
}, PHONE);

// Presses Tab until what has the focus is meant.
async function tab_to(page, is_meant) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const shown = style.outlineStyle !== "none" || style.boxShadow !== "none";
      return { text: element.innerText ?? "", type: element.type ?? "", id: element.id, shown };
    });
    if (is_meant(focused)) {
      must(focused.shown, `nobody sees that ${focused.text || focused.id} has the focus`);
      return;
    }
  }
  throw new Error("the keyboard does not get there");
}

await check("works_with_a_keyboard", async (page) => {
  await page.goto(await link());
  await tab_to(page, (one) => one.text.includes("Skip to the content"));
  await tab_to(page, (one) => one.text === "Continue");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Enter the key" }).waitFor();
  await tab_to(page, (one) => one.type === "password");
  await page.keyboard.type(vendor.key);
  await tab_to(page, (one) => one.text === "Advanced");
  await page.keyboard.press("Enter");
  await tab_to(page, (one) => one.id === "base_url");
  await page.keyboard.type(vendor.base_url);
  await tab_to(page, (one) => one.text === "Try the key");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What the key may do" }).waitFor();
  await tab_to(page, (one) => one.text === "Connect");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
});

// --- within a page of the customer's, by the front-end package ----------------------------------

const bundle = readFileSync(createRequire(import.meta.url).resolve("@kombo-api/connect/dist/index.js"), "utf8");

// The customer's page lies at another origin than the server.
const html = `<!doctype html><html lang="en"><head><title>Customer</title></head><body><main><h1>Customer</h1></main></body></html>`;
const customer = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(html));
await new Promise((ready) => customer.listen(0, "127.0.0.1", ready));

async function embed(page, url) {
  await page.goto(`http://localhost:${customer.address().port}/`);
  await page.addScriptTag({ content: bundle });
  await page.evaluate((url) => {
    window.outcome = window.KomboConnect.showKomboConnect(url)
      .then((token) => ({ token }), (error) => ({ error: error.name }));
  }, url);
  await page.waitForSelector("iframe");
  return page.frameLocator("iframe");
}

await check("an_embedded_link_gives_the_activation_token", async (page) => {
  const frame = await embed(page, await link({ link_type: "EMBEDDED", end_user_organization_name: "Embedded Inc." }));
  await frame.getByRole("button", { name: "Continue" }).click();
  await frame.getByText("Advanced").click();
  await frame.getByLabel("Vendor address").fill(vendor.base_url);
  await frame.locator("input[type=password]").fill(vendor.key);
  await page.screenshot({ path: `${process.env.SCREENSHOTS}/connect-embedded.png` });
  await frame.getByRole("button", { name: "Try the key" }).click();
  await frame.getByRole("button", { name: "Connect", exact: true }).click();
  const { token, error } = await page.evaluate(() => window.outcome);
  must(token, `no token: ${error}`);
  const kombo = new Kombo({ server_url: plan.server, api_key: plan.key });
  const { data } = await kombo.connect.getIntegrationByToken({ token });
  must(data.tool === "ashby" && data.end_user_organization_name === "Embedded Inc.", JSON.stringify(data));
  must(data.end_user_origin_id === "customer-1" && data.end_user_email === "ada@example.com", JSON.stringify(data));
  const details = await kombo.general.getIntegrationDetails({ integration_id: data.id });
  must(details.data.status === "ACTIVE", details.data.status);
});

await check("an_embedded_link_can_be_closed", async (page) => {
  const frame = await embed(page, await link({ link_type: "EMBEDDED" }));
  await frame.getByRole("button", { name: "Close" }).click();
  const outcome = await page.evaluate(() => window.outcome);
  must(outcome.error === "KomboConnectCancelledError", JSON.stringify(outcome));
});

await check("a_link_that_is_sent_cannot_be_embedded", async (page) => {
  const answer = await fetch(await link());
  const policy = answer.headers.get("content-security-policy");
  must(policy.includes("frame-ancestors 'none'"), policy);
  must(!policy.includes("unsafe-inline") && policy.includes("default-src 'none'"), policy);
  await page.goto("about:blank");
});

await check("a_relink_replaces_the_key", async (page) => {
  const answer = await api("POST", `/integrations/${plan.own.id}/relink`, { link_type: "MAGIC_LINK" });
  must(answer.data?.link, JSON.stringify(answer));
  await page.goto(answer.data.link);
  await page.getByRole("heading", { name: "Renew the connection to Ashby" }).waitFor();
  await look(page, "connect-relink");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("input[type=password]").fill("no-such-key");
  await page.getByRole("button", { name: "Try the key" }).click();
  await page.getByRole("alert").getByText("does not know this key").waitFor();
});

await check("a_link_that_leads_nowhere_says_so", async (page) => {
  const answer = await page.goto(`${plan.base}/connect/no-such-link`);
  must(answer.status() === 404, `status ${answer.status()}`);
  await page.getByRole("heading", { name: "Nothing here" }).waitFor();
  await look(page, "connect-nowhere");
});

await done();
