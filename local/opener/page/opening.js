// Opening a referral: two files and a passphrase, then the answers.

const openFields = { referral: byId("referral-file"), key: byId("key-file"), passphrase: byId("passphrase") };
const calendar = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
let savedText = "";

// "Friday 1 September 2023": browsers do not agree on the commas.
function inWords(day) {
  const parts = new Intl.DateTimeFormat("en-GB", calendar).formatToParts(new Date(day));
  return parts.filter((part) => part.type !== "literal").map((part) => part.value).join(" ");
}

// As the service lays them out for its own page: the answers, then what the form says of itself.
function answersOf({ file, record }) {
  const pairs = record.answers.map((each) => [each.label, each.answer]);
  if (record.not_answered.length) pairs.push([message("not-answered"), record.not_answered.join(", ")]);
  pairs.push([message("received"), inWords(file.received_on)]);
  return [...pairs, [message("consent"), message("agreed", record.consent)]];
}

// Plain text with the byte order mark and the line ends that every Windows program can read.
function asText(reference, pairs) {
  const indented = (answer) => answer.split(/\r\n|\r|\n/).map((line) => `  ${line}`.trimEnd()).join("\n");
  const blocks = pairs.map(([label, answer]) => `${label}\n${indented(answer)}`);
  const text = [message("file-heading", { reference }), ...blocks].join("\n\n");
  return `\uFEFF${text}\n`.replaceAll("\n", "\r\n");
}

function answerRow([label, answer]) {
  const [row, term, words] = ["div", "dt", "dd"].map((name) => document.createElement(name));
  term.textContent = label;
  words.textContent = answer;
  words.dir = "auto";
  row.append(term, words);
  return row;
}

function listItem(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

function showReferral(opened) {
  const pairs = answersOf(opened);
  const { reference } = opened.file;
  byId("reference").textContent = reference;
  byId("answers").replaceChildren(...pairs.map(answerRow));
  byId("stranger-list").replaceChildren(...opened.strangers.map(listItem));
  byId("strangers").hidden = !opened.strangers.length;
  byId("code").value = opened.code;
  savedText = asText(reference, pairs);
  show("referral", byId("referral-heading"));
}

function closeReferral() {
  for (const id of ["answers", "stranger-list", "reference", "copied-code"]) byId(id).replaceChildren();
  byId("code").value = savedText = "";
  byId("open-form").reset();
  byId("passphrase").type = "password";
  show("start", document.querySelector("#start h1"));
}

onSubmit(byId("open-form"), openFields, async () => {
  const referral = readReferralFile(await textOf(openFields.referral, "choose-referral", "referral"));
  const key = await readKeyFile(await textOf(openFields.key, "choose-key", "key"));
  const typed = typedIn(openFields.passphrase);
  const opened = await unlocked(() => openReferral(referral, key, typed), typed);
  openFields.passphrase.value = "";
  showReferral(opened);
});

byId("show-passphrase").addEventListener("change", (event) => {
  byId("passphrase").type = event.target.checked ? "text" : "password";
});
byId("print").addEventListener("click", () => print());
byId("save").addEventListener("click", () => {
  saveFile(`referral-${byId("reference").textContent}.txt`, savedText, "text/plain;charset=utf-8");
});
byId("copy-code").addEventListener("click", () => copy(byId("code"), byId("copied-code")));
byId("close").addEventListener("click", closeReferral);

// Files that are dropped anywhere: a referral by its name, any other as the key file.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  for (const file of event.dataTransfer.files) {
    const one = new DataTransfer();
    one.items.add(file);
    (file.name.endsWith(".referral") ? openFields.referral : openFields.key).files = one.files;
  }
});
