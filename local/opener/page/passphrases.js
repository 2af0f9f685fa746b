// Passphrases of six words: 7,775 to the power of 6, some 2 ** 77, and each guess costs 600,000 rounds.

const PASSPHRASE_WORDS = 6;
const words = new Set(WORDS);

// Uniform: what is left of 2 ** 32 after the last whole list of words is drawn again.
function randomBelow(count) {
  const end = 2 ** 32 - (2 ** 32 % count);
  for (;;) {
    const [number] = crypto.getRandomValues(new Uint32Array(1));
    if (number < end) return number % count;
  }
}

const newPassphrase = () => Array.from({ length: PASSPHRASE_WORDS }, () => WORDS[randomBelow(WORDS.length)]).join(" ");

// However it was typed: letters alone. No word begins another one, so that no two passphrases have the same letters.
const lettersOf = (typed) => typed.normalize("NFKC").toLowerCase().replace(/[^a-z]/g, "");

// The first typed word that is none of the list, or "".
function unknownWord(typed) {
  const parts = typed.normalize("NFKC").trim().split(/[\s,.\-]+/);
  if (parts.length !== PASSPHRASE_WORDS) return "";
  return parts.find((part) => !words.has(lettersOf(part))) ?? "";
}
