// Texts the islands show, in the page's language, from the same catalogue as everything else.
const response = await fetch(document.body.dataset.words);
if (!response.ok) throw new Error(`words: ${response.status}`);
const words = await response.json();

/** word("late by %s", "4 s") */
export function word(key, ...values) {
  let text = words[key];
  if (text === undefined) throw new Error(`no word "${key}"`);
  for (const value of values) text = text.replace("%s", value);
  return text;
}
