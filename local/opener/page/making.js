// Making keys: shown once, saved, checked one by one, and only then is there anything to send.

const checkFields = { key: byId("check-file"), passphrase: byId("check-passphrase") };
let keys = [];

const keyFileName = (key, number) => `key-${number}-${key.file.thumbprint.slice(0, 8)}.key.json`;
const publicKeys = () => JSON.stringify({ keys: keys.map((key) => key.publicKey) });

function keyItem(key, index) {
  const item = byId("key-template").content.cloneNode(true);
  const number = index + 1;
  item.querySelector("h2").textContent = message("key-heading", { number, count: keys.length });
  item.querySelector(".name").textContent = key.file.thumbprint;
  item.querySelector(".secret").textContent = key.passphrase;
  const button = item.querySelector("button");
  button.textContent = message("save-key", { number });
  const text = JSON.stringify(key.file, null, 1);
  button.addEventListener("click", () => saveFile(keyFileName(key, number), text, "application/json"));
  return item;
}

function showPublicKeys() {
  byId("keys").replaceChildren(); // with the passphrases
  byId("public-keys").value = publicKeys();
  byId("public").hidden = false;
  byId("public-heading").focus();
}

function finish() {
  keys = [];
  for (const id of ["keys", "checked", "copied-public"]) byId(id).replaceChildren();
  byId("public-keys").value = "";
  byId("public").hidden = true;
  byId("check-form").reset();
  show("start", document.querySelector("#start h1"));
}

onSubmit(byId("make-form"), { key: byId("key-count") }, async () => {
  keys = await makeKeys(Number(byId("key-count").value));
  byId("keys").replaceChildren(...keys.map(keyItem));
  show("made", byId("made-heading"));
});

onSubmit(byId("check-form"), checkFields, async () => {
  const file = await readKeyFile(await textOf(checkFields.key, "choose-key", "key"));
  const index = keys.findIndex((key) => key.file.thumbprint === file.thumbprint);
  if (index < 0) throw new Problem("key-not-made-here", "key");
  const typed = typedIn(checkFields.passphrase);
  await unlocked(() => unlock(file, typed), typed);
  keys[index].isChecked = true;
  const left = keys.filter((key) => !key.isChecked).length;
  byId("check-form").reset();
  byId("checked").textContent = message("key-works", { number: index + 1, left });
  if (!left) showPublicKeys();
});

byId("copy-public").addEventListener("click", () => copy(byId("public-keys"), byId("copied-public")));
byId("save-public").addEventListener("click", () => saveFile("provider-keys.json", publicKeys(), "application/json"));
byId("finish").addEventListener("click", finish);
addEventListener("beforeunload", (event) => {
  if (keys.some((key) => !key.isChecked)) event.preventDefault();
});
