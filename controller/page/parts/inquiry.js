// Questions to a connector: what it takes, whether a config works, what a source
// has. Each is begun and then waited for.

// Calls `look` until it is over, and gives its document. `look` gives null while
// nothing is known.
async function awaitAnswer(look, signal) {
  for (;;) {
    const answer = await look();
    if (answer && answer.status !== 'RUNNING')
      return answer;
    await new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, 1000);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      }, {once: true});
    });
  }
}

async function orNull(promise) {
  try {
    return await promise;
  } catch (error) {
    // An older server has no answers to wait for.
    if (notThere(error) && /no such path/.test(error.message))
      throw new ApiError(404, 'This syncctl does not tell what connectors '
        + 'answer.', 'no_such_path');
    if (notThere(error))
      return null;
    throw error;
  }
}

const specQuery = (image, more = {}) =>
  ({package: image.package, version: image.version, ...more});

// A program on this machine that nothing was asked of yet has no version.
const versionOf = one => textOf(one.version) || 'local';
const imageText = one => `${textOf(one.package)}:${versionOf(one)}`;

// `anew`: whatever is known. `mayBeKnown`: where it is not, it need not be looked
// for first.
// @returns {spec} or {error}.
async function askForSpec(image, signal, anew = false, mayBeKnown = true) {
  const look = () => orNull(ask('/specs', {signal, query: specQuery(image)}));
  const known = anew || !mayBeKnown ? null : await look();
  if (known?.spec)
    return known;
  // The time before tells an old failure from a new one.
  const before = known?.at;
  const first = await ask('/spec', {signal, seconds: 60,
    query: specQuery(image, {wait: 20})});
  if (first.spec || first.error)
    return first;
  return awaitAnswer(async () => {
    const answer = await look();
    return answer && (answer.spec || answer.error && answer.at !== before)
      ? answer : null;
  }, signal);
}

// @returns {status, message}.
async function askForCheck(query, body, signal) {
  const key = query.storageKey;
  const first = await ask('/check', {method: 'POST', signal, seconds: 60,
    query: {...query, wait: 20}, body: JSON.stringify(body)});
  if (['SUCCESS', 'FAILED'].includes(first.status))
    return first;
  return awaitAnswer(() => orNull(
    ask('/checks/' + encodeURIComponent(key), {signal})), signal);
}

// @returns {catalog} or {error}.
async function askForCatalog(query, body, signal) {
  const first = await ask('/discover', {method: 'POST', signal, seconds: 90,
    query: {...query, wait: 30}, body: JSON.stringify(body)});
  if (first.catalog || first.error)
    return first;
  return awaitAnswer(async () => {
    const answer = await orNull(
      ask('/catalogs/' + encodeURIComponent(query.storageKey), {signal}));
    return answer && (answer.catalog || answer.error) ? answer : null;
  }, signal);
}

// A button that asks, with its answer in words beside it. A second press while
// it asks ends that.
class Question {
  constructor(text, send) {
    this.text = text;
    this.send = send;
    this.button = button(text, () => this.press());
    this.words = make('p', {class: 'value answer', role: 'status'});
    this.element = make('div', {class: 'row'}, this.button, this.words);
  }

  async press() {
    if (this.controller) {
      this.controller.abort();
      return;
    }
    const {signal} = this.controller = new AbortController();
    const began = Date.now();
    setText(this.button, 'Stop waiting');
    const timer = setInterval(() => this.say('RUNNING',
      `Waiting … ${showAge(Date.now() - began)}`), 1000);
    this.say('RUNNING', 'Waiting …');
    try {
      await this.send(signal);
    } catch (error) {
      this.say(signal.aborted ? '' : 'FAILED',
        signal.aborted ? 'The answer is no longer waited for.' : wordsOf(error));
    }
    clearInterval(timer);
    this.controller = null;
    setText(this.button, this.text);
  }

  // `log` is the task whose log tells more.
  say(status, text, log = '') {
    setClass(this.words, `value answer ${statusClass(status)}`.trim());
    this.words.replaceChildren(
      ...Object.hasOwn(signs, status) ? [make('span',
        {class: 'sign', 'aria-hidden': 'true'}, signs[status])] : [],
      text, ...log ? [' ', make('a', {href: link(['run', log])}, 'Its log')]
        : []);
  }
}
