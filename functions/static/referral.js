// Fetches the steps of the form: browsers write posted bodies and history.state to disk (docs/adr/0007).
import { initAll } from "./nhsuk-frontend.min.js";

const entries = new Map();
let here = { n: Date.now() };
let fields = []; // each step carries all answers
let turn = 0;
let sent, closes, shown;

const on = addEventListener;
const find = (selector, node = shown) => node.querySelector(selector);
const frame = (doc) => find("#maincontent", doc)?.parentElement;
const isPlace = ([name]) => /^(at|returning|warned)$/.test(name);

function show(node, title, top = 0) {
  shown.replaceWith(node);
  shown = node;
  document.title = title;
  scrollTo(0, top);
  initAll({ scope: node });
  const first = find(".nhsuk-error-summary, h1");
  first.tabIndex = -1;
  first.focus({ preventScroll: true });
}

function showStored(name) {
  const view = find(`template[data-view=${name}]`, document);
  if (!view) return location.replace("/one-to-one");
  const node = shown.cloneNode();
  node.append(view.content.cloneNode(true));
  show(node, view.dataset.title);
}

function leave() {
  const form = find("#answers");
  if (form && !sent) fields = [...new FormData(form)];
  here.top = scrollY;
}

function enter(node, url, address) {
  const form = find("#answers", node);
  const page = find("[data-sent]", node);
  const place = form && [...new FormData(form)].filter(isPlace);
  const key = `${place?.[0] ?? !!page}`;
  const isSame = key === here.key;
  const n = isSame || !address ? here.n : Date.now();
  if (address) history[isSame ? "replaceState" : "pushState"]({ n }, "", address);
  if (page) {
    sent = true;
    fields = [];
    entries.clear();
    closes = page.dataset.sent && Date.now() + 1000 * page.dataset.sent;
  }
  entries.set(n, (here = { n, url, place, key }));
}

async function load(url, body, back) {
  const mine = ++turn;
  let response, doc, node;
  shown.setAttribute("aria-busy", "true");
  try {
    const signal = AbortSignal.timeout?.(6e4);
    response = await fetch(url, { method: body ? "POST" : "GET", body, signal });
    doc = new DOMParser().parseFromString(await response.text(), "text/html");
    node = frame(doc);
  } catch {}
  if (mine !== turn && !(node && find("[data-sent]", node))) return;
  turn++;
  shown.removeAttribute("aria-busy");
  if (node) {
    enter(node, response.url, !back && (body ? response.url : location.href));
    show(node, doc.title, back?.top);
  } else if (!sent) {
    showStored("unsent");
    find("[data-retry]").onclick = () => load(url, body, back);
  }
}

function tick() {
  const left = closes - Date.now();
  const warning = find("[data-warning]");
  if (closes && left < 12e4) warning?.replaceWith(warning.content);
  if (!closes || left > 0) return;
  closes = 0;
  if (find("[data-sent]")) showStored("over");
}

on("submit", (event) => {
  const { submitter, target } = event;
  event.preventDefault();
  if (find("[aria-busy]", document)) return;
  leave();
  const body = new URLSearchParams(new FormData(target));
  if (submitter?.name) body.append(submitter.name, submitter.value);
  load(submitter?.getAttribute("formaction") ?? target.action, body);
});

on("click", (event) => {
  const link = event.target.closest("a[href='/help-now']");
  if (!link || !fields[0] || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  leave();
  load(link.href);
});

on("popstate", () => {
  if (!history.state) return history.replaceState({ n: here.n }, "");
  leave();
  here = entries.get(history.state.n) ?? history.state;
  const { url = "/one-to-one", place } = here;
  if (!here.url && sent) return showStored("over");
  if (!place) return load(url, null, here);
  const kept = fields.filter((each) => !isPlace(each));
  load("/one-to-one/questions", new URLSearchParams([...kept, ...place, ["go", "again"]]), here);
});

on("pageshow", tick);
setInterval(tick, 1000);
history.scrollRestoration = "manual";
shown = frame(document);
history.replaceState({ n: here.n }, "");
enter(shown, location.href);
