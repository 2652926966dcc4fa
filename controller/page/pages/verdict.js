// What became of a task, in words: whose fault, which kind, what to do next.

const origins = {
  source: 'the connector, or what it reads from',
  destination: 'the destination of the rows',
  airbyte_platform: 'syncctl itself, its settings or its database'};
const kinds = {
  config_error: 'The configuration has to be changed.',
  transient_error: 'It may pass by itself.',
  timeout: 'A time limit ran out.',
  cancelled: 'It was stopped.',
  system_error: 'Something unforeseen.'};

// What a person does next, by kind and origin of the failure. `isUnread`: it ended
// before it could read.
function adviceFor(status, failure, isUnread = false) {
  const kind = member(failure, 'failureType');
  const origin = member(failure, 'failureOrigin');
  if (isUnread && origin === 'airbyte_platform' && kind !== 'cancelled')
    return kind === 'config_error'
      ? 'Change what the message names in the settings of the sync, and run it '
        + 'again. It is not tried again by itself.'
      : 'The message above is all that there is: nothing was started. Mend what '
        + 'it names, look into the log of syncctl itself, and run the sync again.';
  if (status === 'TIME_EXCEEDED' || kind === 'timeout')
    return 'If it needs more time, raise SYNCCTL_TASK_TIMEOUT_HOURS or '
      + 'SYNCCTL_SOURCE_IDLE_TIMEOUT_SECONDS; if it hung, the last lines of the '
      + 'log say where. Then run it again: it goes on from the saved states.';
  if (status === 'CANCELLED' || kind === 'cancelled')
    return 'Run it again when you like: it goes on from the saved states.';
  if (kind === 'config_error')
    return origin === 'destination'
      ? 'Change the destination in the settings of the sync, check it there, '
        + 'and run it again.'
      : 'Change the connector\'s config in the settings of the sync (a password '
        + 'or token that has expired is the usual reason), check it, and run '
        + 'it again. It is not tried again by itself.';
  if (kind === 'transient_error')
    return 'Nothing, at first: a sync that is kept is tried again by itself. If '
      + 'it fails for hours, look whether the other side is up.';
  if (status === 'PARTIAL')
    return 'Look at the streams that are not complete, below. What is missing '
      + 'comes with the next run, unless its error says otherwise.';
  if (origin === 'destination')
    return 'Look whether the destination is up and takes rows; check it in the '
      + 'settings of the sync.';
  return 'Look at the first error in the log. If the connector broke, try '
    + 'another version of it; if memory ran out, give it more.';
}

// The advice, whose words for the settings of a kept sync lead there.
function linked(advice, sync) {
  const words = 'the settings of the sync';
  const [before, ...rest] = advice.split(words);
  return rest.length === 0 ? [advice] : [before, make('a',
    {href: link(['sync', sync, 'edit'])}, words), rest.join(words)];
}

// How long a task took, of a run with what it asked before it read, as the list
// of a sync's runs has it; '' of one that has not begun.
function lifeWords(task, run) {
  if (!run)
    return showDuration(lifeOf(task));
  const seconds = secondsOf(run.endedAt || runs(task) ? run
    : {...run, endedAt: updateOf(task)});
  return seconds === null ? '' : showDuration(seconds * 1000);
}

class Verdict {
  constructor() {
    this.title = make('h2');
    this.badge = statusBadge();
    this.message = make('p', {class: 'message value', id: 'error'});
    this.facts = make('dl');
    this.next = make('p', {class: 'value'});
    this.stack = make('pre', {tabindex: '0', 'aria-label': 'Stack trace'});
    this.details = make('details', {}, make('summary', {}, 'Stack trace'),
      this.stack);
    this.copy = button('Copy', () => copyText(this.text, this.copy),
      {class: 'small', 'aria-label': 'Copy the verdict'});
    this.element = make('section', {class: 'verdict', 'aria-label': 'Verdict'},
      make('div', {class: 'row apart'}, this.title, this.copy),
      this.message, this.facts, this.next, this.details);
  }

  // `run` is that of a kept sync, of which `isUnread` says whether it has no
  // read, or none yet; `sync` is the sync itself, if that is known.
  update(task, {run = null, isUnread = false, sync = null} = {}) {
    const {status} = task;
    const failure = member(task.metrics, 'failure');
    const life = lifeWords(task, run);
    const before = runs(task) && run?.attempt > 1 && sync?.lastEndedRun;
    setClass(this.element, ('verdict ' + statusClass(
      before && waitsForTry(run) ? before.status : status)).trim());
    setText(this.title, runs(task) && isUnread ? activeWords(run, sync)
      : statusWord(isUnread ? run.status : status)
        + (life && (runs(task) ? ' for ' : ' after ') + life)
        + (runs(task) || !updateOf(task) ? '' : `, ${ago(updateOf(task))}`));
    const words = [textOf(task.error)
      || textOf(member(failure, 'externalMessage')), before && before.error
      && `The run before: ${before.error}`].filter(Boolean).join('\n');
    this.message.hidden = !words;
    setText(this.message, words);
    const stream = member(failure, 'streamDescriptor');
    const kind = member(failure, 'failureType');
    const origin = member(failure, 'failureOrigin');
    const inner = textOf(member(failure, 'internalMessage'));
    const code = member(member(failure, 'metadata'), 'exitCode');
    facts(this.facts, [
      ['Whose fault', textOf(Object.hasOwn(origins, origin) ? origins[origin]
        : origin)],
      ['Kind', kind === undefined ? ''
        : `${kind}: ${Object.hasOwn(kinds, kind) ? kinds[kind] : ''}`],
      ['Stream', isObject(stream) ? [stream.namespace, stream.name]
        .filter(Boolean).map(textOf).join('.') : ''],
      ['More precisely', inner === words ? '' : inner],
      ['Exit code', textOf(code)]]);
    this.facts.hidden = !isObject(failure);
    const bad = !runs(task) && status !== 'SUCCESS';
    const advice = bad ? adviceFor(status, failure, isUnread) : '';
    this.next.hidden = !advice;
    if (this.advice !== advice) {
      this.advice = advice;
      this.next.replaceChildren(make('b', {}, 'What to do: '),
        ...run ? linked(advice, syncOf(task)) : [advice]);
    }
    const stack = textOf(member(failure, 'stackTrace'));
    this.details.hidden = !stack;
    setText(this.stack, stack);
    this.copy.hidden = !bad;
    this.text = [`${status}${life && ` after ${life}`}: ${nameOf(task)}`,
      `task ${idOf(task)}, ${textOf(task.package)}:${textOf(task.version)}`,
      words, kind && `${textOf(origin)}, ${textOf(kind)}`, inner,
      code === undefined ? '' : `exit code ${textOf(code)}`, stack]
      .filter(Boolean).join('\n');
  }
}
