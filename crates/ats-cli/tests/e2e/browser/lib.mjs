// What the scripts share: a browser, checks that print a line of JSON each, axe, screenshots.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const screenshots = process.env.SCREENSHOTS;
mkdirSync(screenshots, { recursive: true });

// Whatever hangs ends here.
setTimeout(() => process.exit(3), 240_000).unref();

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // It reaches for services of its maker otherwise; as root it does not start with its sandbox.
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

export const DESK = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

// A browser window that nobody used before. It fails a check when a page reaches for another host or
// breaks its own content security policy.
export async function open(options = DESK) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const wrong = [];
  page.on("request", (request) => {
    const url = request.url();
    const is_customer = new URL(url).hostname === "localhost";
    if (!url.startsWith(plan.base) && !is_customer && /^https?:/.test(url)) wrong.push(`reached for ${url}`);
  });
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/status of 4\d\d/.test(text)) wrong.push(`console: ${text}`);
  });
  page.on("pageerror", (error) => wrong.push(`script: ${error}`));
  page.wrong = wrong;
  page.scripted = options.javaScriptEnabled ?? true;
  return page;
}

const report = (check, ok, detail = "") => console.log(JSON.stringify({ check, ok, detail }));

// Runs a check in a window of its own. What goes wrong leaves a screenshot.
export async function check(name, run, options = DESK) {
  const page = await open(options);
  try {
    await run(page);
    must(page.wrong.length === 0, page.wrong.join("\n"));
    report(name, true);
  } catch (error) {
    await page.screenshot({ path: join(screenshots, `failed-${name}.png`), fullPage: true }).catch(() => {});
    const shown = await page.locator("body").innerText({ timeout: 1000 }).catch(() => "");
    report(name, false, `${error?.stack ?? error}\nat ${page.url()}\n${shown}`.slice(0, 5000));
  } finally {
    await page.context().close();
  }
}

export function must(holds, message) {
  if (!holds) throw new Error(message);
}

// Keeps a picture of the page, and lets axe look at it. A page must fit a phone's width as well.
export async function look(page, name) {
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  // A phone widens what it calls its window, so that is not asked.
  const { width } = page.viewportSize();
  const wide = (await page.evaluate(() => document.documentElement.scrollWidth)) - width;
  must(wide <= 1, `${name} is ${wide} pixels wider than the window`);
  if (!page.scripted) return;
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const told = violations.map((one) => `${one.id}: ${one.help}\n${one.nodes.map((node) => `  ${node.html}\n  ${node.failureSummary}`).join("\n")}`);
  must(violations.length === 0, `${name}:\n${told.join("\n")}`);
}

// A request to the API with the key.
export async function api(method, path, body) {
  const headers = { authorization: `Bearer ${plan.key}`, "content-type": "application/json" };
  const answer = await fetch(`${plan.server}${path}`, { method, headers, body: body && JSON.stringify(body) });
  return answer.json();
}

export async function done() {
  await browser.close();
  process.exit(0);
}
