// Opens each page given in Chromium at phone, tablet and desk width, light and dark, and prints one JSON document: what
// axe-core finds, what reaches beyond the window, what was fetched or said on the console, and the pages of its PDF.
// usage: node browser_check.cjs CHROMIUM FOLDER PAGE...   FOLDER takes the screenshots, and a PDF of each page.
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
// axe-core takes most of the time; what it judges differs between a phone and a desk, and colours with the scheme.
const VIEWS = [
  { width: 390, scheme: "light", asked: true }, { width: 390, scheme: "dark", asked: true },
  { width: 768, scheme: "light", asked: false }, { width: 768, scheme: "dark", asked: false },
  { width: 1280, scheme: "light", asked: true }, { width: 1280, scheme: "dark", asked: false },
];

const beyond = () => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".scroll, .hidden"))
  .map((element) => element.outerHTML.slice(0, 120));
const setDetails = (open) => document.querySelectorAll("details").forEach((element) => { element.open = open; });

async function judged(tab) {
  await tab.evaluate(axe);
  return tab.evaluate(() => axe.run({ resultTypes: ["violations"] }));
}

async function look(browser, page, view, folder) {
  const url = pathToFileURL(page).href;
  const context = await browser.newContext({ viewport: { width: view.width, height: 900 }, colorScheme: view.scheme });
  const tab = await context.newPage();
  const heard = [];
  tab.on("console", (message) => heard.push(message.text()));
  tab.on("dialog", (dialog) => { heard.push("a dialog"); dialog.dismiss(); });
  tab.on("request", (request) => { if (request.url() !== url) heard.push("fetched " + request.url()); });
  await tab.goto(url);
  const name = path.join(folder, `${path.basename(page, ".html")}-${view.width}-${view.scheme}`);
  await tab.screenshot({ path: `${name}.png`, fullPage: true });
  await tab.evaluate(setDetails, true);
  const wide = await tab.evaluate(beyond);
  const found = view.asked ? await judged(tab) : { violations: [], passes: [] };
  await tab.evaluate(setDetails, false);
  if (view.width === 1280 && view.scheme === "dark") await tab.pdf({ path: `${name}.pdf`, preferCSSPageSize: true, printBackground: true });
  await context.close();
  const violations = found.violations.map((each) => `${each.impact} ${each.id}: ${each.nodes[0].html.slice(0, 200)}`);
  return { page: path.basename(page), ...view, violations, wide, heard, rules: found.passes.length };
}

(async () => {
  const [executablePath, folder, ...pages] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const results = [];
  for (const page of pages) for (const view of VIEWS) results.push(await look(browser, page, view, folder));
  await browser.close();
  console.log(JSON.stringify(results));
})();
