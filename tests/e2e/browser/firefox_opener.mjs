// Drives the opener in Firefox over WebDriver BiDi, with every connection of the browser cut.
// Reads one task as JSON from standard input, and writes what was seen as JSON.

import { createRequire } from "node:module";
import { join } from "node:path";
import { readdir } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const task = JSON.parse(await text(process.stdin));
const installed = createRequire(join(task.packages, "package.json")).resolve("puppeteer-core");
const { default: puppeteer } = await import(pathToFileURL(installed));

const nowhere = { "network.proxy.type": 1, "network.proxy.allow_hijacking_localhost": true, "network.proxy.no_proxies_on": "" };
for (const kind of ["http", "ssl", "socks"]) {
  nowhere[`network.proxy.${kind}`] = "127.0.0.1";
  nowhere[`network.proxy.${kind}_port`] = 9;
}
const downloads = {
  "browser.download.folderList": 2,
  "browser.download.dir": task.folder,
  "browser.download.useDownloadDir": true,
  "browser.download.always_ask_before_handling_new_types": false,
  "browser.helperApps.neverAsk.saveToDisk": "application/json,text/plain",
};

const browser = await puppeteer.launch({
  browser: "firefox",
  protocol: "webDriverBiDi",
  executablePath: task.firefox,
  headless: true,
  timeout: 180_000,
  protocolTimeout: 180_000,
  extraPrefsFirefox: { ...nowhere, ...downloads },
});
const page = await browser.newPage();
page.setDefaultTimeout(180_000);
const seen = { asked: [], errors: [] };
page.on("request", (request) => seen.asked.push(request.url()));
page.on("pageerror", (error) => seen.errors.push(String(error)));

const upload = async (id, path) => (await page.$(`#${id}`)).uploadFile(path);
const submit = (form) => page.click(`#${form} button[type=submit]`);
const visible = (selector) => page.waitForSelector(selector, { visible: true });

// `page.waitForFunction` makes a function of a text, which the page's own policy refuses now and then.
async function says(selector, words) {
  while (!(await page.$eval(selector, (element) => element.textContent)).includes(words)) {
    await new Promise((done) => setTimeout(done, 200));
  }
}

async function fill(id, words) {
  await page.$eval(`#${id}`, (field) => { field.value = ""; });
  await page.type(`#${id}`, words);
}

async function saved(before) {
  for (;;) {
    const name = (await readdir(task.folder)).find((each) => !before.includes(each) && !each.endsWith(".part"));
    if (name) return join(task.folder, name);
    await new Promise((done) => setTimeout(done, 200));
  }
}

async function save(selector) {
  const before = await readdir(task.folder);
  await page.click(selector);
  return saved(before);
}

const acts = {
  async make() {
    await submit("make-form");
    await visible("#keys .secret");
    const passphrases = await page.$$eval(".secret", (all) => all.map((each) => each.textContent));
    const files = [];
    for (const number of [1, 2]) files.push(await save(`#keys > :nth-child(${number}) button`));
    for (const [index, file] of files.entries()) {
      await upload("check-file", file);
      await fill("check-passphrase", passphrases[index]);
      await submit("check-form");
      await says("#checked", `Key ${index + 1}`);
    }
    await visible("#public-keys");
    return { passphrases, files, keys: await page.$eval("#public-keys", (field) => JSON.parse(field.value)) };
  },
  async open() {
    await upload("referral-file", task.referral);
    await upload("key-file", task.key);
    await fill("passphrase", task.wrong);
    await submit("open-form");
    await visible("#problem");
    const problem = await page.$eval("#problem-link", (link) => link.textContent);
    await fill("passphrase", task.passphrase);
    await page.keyboard.press("Enter");
    await visible("#referral-heading");
    const answers = await page.$$eval("#answers > div", (rows) => rows.map((row) => [
      row.querySelector("dt").innerText, row.querySelector("dd").innerText, getComputedStyle(row.querySelector("dd")).direction,
    ]));
    const [code, focused, isWarned] = await page.evaluate(() => [
      document.querySelector("#code").value, document.activeElement.id, !document.querySelector("#strangers").hidden,
    ]);
    return { problem, answers, code, focused, isWarned, text: await save("#save") };
  },
  // The network is cut, and besides that the page's own policy refuses.
  async reach() {
    return page.evaluate((address) => fetch(address).then(() => "reached", () => "refused"), task.address);
  },
};

try {
  await page.goto(pathToFileURL(task.opener).href);
  const found = {};
  for (const act of task.acts) found[act] = await acts[act]();
  console.log(JSON.stringify({ ...seen, ...found, browser: await browser.version() }));
} finally {
  await browser.close();
}
