// The page: its elements, messages and problems, and files that are chosen and saved.

const byId = (id) => document.getElementById(id);
const PARTS = ["start", "referral", "made"];
byId("no-script").hidden = true; // it stays where this script does not run, or is too new for the browser

function message(name, values = {}) {
  const text = document.querySelector(`[data-message="${name}"]`).textContent;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

// Shows one part of the page and reads its heading out.
function show(part, heading) {
  for (const each of PARTS) byId(each).hidden = each !== part;
  document.title = heading.textContent;
  scrollTo(0, 0);
  heading.tabIndex = -1;
  heading.focus();
}

function clearProblem() {
  byId("problem").hidden = true;
  for (const error of document.querySelectorAll(".error")) {
    const field = byId(error.id.replace("-error", ""));
    error.hidden = true;
    error.parentElement.classList.remove("invalid");
    field.removeAttribute("aria-invalid");
    describe(field, false);
  }
}

function describe(field, isWrong) {
  const parts = [`${field.id}-hint`, isWrong && `${field.id}-error`].filter((id) => id && byId(id));
  if (parts.length) field.setAttribute("aria-describedby", parts.join(" "));
  else field.removeAttribute("aria-describedby");
}

function showProblem(text, field) {
  const error = byId(`${field.id}-error`);
  error.textContent = text;
  error.hidden = false;
  error.parentElement.classList.add("invalid");
  field.setAttribute("aria-invalid", "true");
  describe(field, true);
  const link = byId("problem-link");
  link.textContent = text;
  link.href = `#${field.id}`;
  link.onclick = (event) => {
    event.preventDefault();
    field.focus();
  };
  byId("problem").hidden = false;
  byId("problem").focus();
}

// Does what a form is for, once at a time. `fields` are its fields by the part that a problem is about.
function onSubmit(form, fields, act) {
  const button = form.querySelector("button[type=submit]");
  const words = button.textContent;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled")) return;
    clearProblem();
    button.setAttribute("aria-disabled", "true");
    button.textContent = message("working");
    try {
      await act();
    } catch (error) {
      const known = error instanceof Problem ? error : new Problem("no-crypto", Object.keys(fields)[0]);
      showProblem(message(known.name, known.values), fields[known.field]);
    } finally {
      button.removeAttribute("aria-disabled");
      button.textContent = words;
    }
  });
}

async function textOf(input, missing, field) {
  const [file] = input.files;
  if (!file) throw new Problem(missing, field);
  try {
    return await file.text();
  } catch {
    throw new Problem("unreadable", field); // on a stick that was taken out
  }
}

function typedIn(input) {
  if (!input.value.trim()) throw new Problem("enter-passphrase", "passphrase");
  return input.value;
}

// Names the word that is in no passphrase, if the passphrase was wrong.
async function unlocked(act, typed) {
  try {
    return await act();
  } catch (error) {
    const word = error.name === "wrong-passphrase" && unknownWord(typed);
    if (word) Object.assign(error, { name: "unknown-word", values: { word } });
    throw error;
  }
}

function saveFile(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function copy(field, status) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    status.textContent = message("copied");
  } catch {
    status.textContent = message("not-copied");
  }
}
