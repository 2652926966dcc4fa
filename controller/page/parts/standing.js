// How syncs and their runs stand, in words.

const sourceOf = sync => member(sync.definition, 'source') || {};
const imageOf = sync => sourceOf(sync).package === undefined ? 'unknown connector'
  : `${textOf(sourceOf(sync).package)}:${textOf(sourceOf(sync).version)}`;
const isPaused = sync => Boolean(sync.paused);

// Whether a run waits for the time of a further try, and for nothing else.
const waitsForTry = run => isObject(run) && run.status === 'WAITING'
  && run.trigger === 'retry' && !run.error;

// The run by which a sync stands: its newest, but for a further try that waits,
// which says nothing of how the sync is.
function standingRun(sync) {
  const {lastRun, lastEndedRun} = sync;
  return waitsForTry(lastRun) && lastEndedRun ? lastEndedRun : lastRun || null;
}

function standingOf(sync) {
  const run = standingRun(sync);
  if (run)
    return run.status;
  return isPaused(sync) ? 'PAUSED' : 'NEVER';
}

// A run with its times; null: it has not begun, or not ended. Runs of earlier
// versions say only when they were added and changed.
function runTimes(run) {
  const isOld = run.startedAt === undefined
    || ['SUCCESS', 'PARTIAL'].includes(run.status);
  return {...run, startedAt: run.startedAt ?? (isOld ? run.createdAt : null)
    ?? null, endedAt: run.endedAt === undefined
    ? isActive(run) ? null : run.updatedAt : run.endedAt};
}

// The seconds that a run took, or takes; null: it has not begun.
function secondsOf(run) {
  const end = run.endedAt ? millisecondsOf(run.endedAt)
    : isActive(run) ? Date.now() : null;
  return !run.startedAt || end === null ? null
    : Math.max(0, end - millisecondsOf(run.startedAt)) / 1000;
}

// "try 2 of 4"; '' for the first one.
function tryWords(run, sync) {
  if (!(run?.attempt > 1))
    return '';
  const delays = listOf(member(member(sync?.definition, 'retries'),
    'delaysSeconds'));
  return `try ${run.attempt}`
    + (run.attempt <= delays.length + 1 ? ` of ${delays.length + 1}` : '');
}

// What a run that has not ended does, and for how long. `sync` is its sync, if
// it is known.
function activeWords(run, sync = null) {
  const further = tryWords(run, sync);
  const last = sync?.lastEndedRun;
  const why = further && last && isBad(last.status)
    ? `, since the last run ended as ${statusWord(last.status)}` : '';
  if (waitsForTry(run))
    return `Waits until ${showTime(run.dueAt, 'short')} for `
      + (further || 'a further try') + why;
  // A try that was due only now has not waited before.
  const since = run.startedAt ? millisecondsOf(run.startedAt)
    : Math.max(millisecondsOf(run.createdAt), millisecondsOf(run.dueAt));
  return `${statusWord(run.status)} for ${showAge(Date.now() - since)}`
    + (further && `, ${further}`) + why;
}

function whenNext(sync) {
  if (isPaused(sync))
    return 'paused';
  if (!sync.nextRunAt)
    return 'by hand';
  return fromNow(sync.nextRunAt);
}
