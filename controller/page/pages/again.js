// Starts a read again whose sync is not kept: its documents are pasted. What was
// pasted stays in the tab's memory until it was sent, never in its storage.

const pasted = new Map();

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

function openAgain(task) {
  const dialog = at('question');
  const key = syncOf(task);
  const field = (name, text, value = '', attributes = {}) => {
    const input = make('input', {name, spellcheck: 'false', autocomplete: 'off',
      maxlength: '200', ...attributes});
    input.value = value;
    return labelled(text, input);
  };
  const check = (name, text, checked = false) => {
    const {box, label} = checkbox(text, {name});
    box.checked = checked;
    return label;
  };
  const body = make('textarea', {name: 'body', required: true,
    autocomplete: 'off', spellcheck: 'false',
    placeholder: '{"config": {}, "catalog": {"streams": []}}',
    input: () => pasted.set(key, body.value)});
  body.value = pasted.get(key) || '';
  const problem = make('p', {class: 'problem', role: 'alert'});
  const go = make('button', {type: 'submit', class: 'main'}, 'Start');
  const form = make('form', {id: 'again-form', submit: async event => {
    event.preventDefault();
    go.disabled = true;
    setText(problem, '');
    try {
      const id = await startAgain(form);
      pasted.delete(key);
      dialog.close();
      goTo(link(['run', id]));
    } catch (error) {
      setText(problem, wordsOf(error));
    }
    go.disabled = false;
  }},
  make('h2', {id: 'question-title'}, 'Start again'),
  make('p', {class: 'soft small'}, 'This sync is not kept, so its documents '
    + 'are not known here: paste them, and set its namespace and options anew. '
    + 'What is pasted stays until it is sent or the tab is closed.'),
  make('div', {class: 'pair'},
    field('package', 'Package', textOf(task.package),
      {required: true, maxlength: '500'}),
    field('version', 'Version', textOf(task.version), {required: true}),
    field('syncId', 'Sync', syncOf(task), {required: true}),
    field('taskId', 'New task', newId(), {required: true}),
    field('namespace', 'Namespace', '', {maxlength: '500'}),
    field('tableNamePrefix', 'Prefix of tables', '', {maxlength: '500'}),
    labelled('Columns to add', choice([['false', 'none'],
      ['true', '_jitsu_timestamp'], ['airbyte', 'those of Airbyte\'s '
        + 'destinations']], 'false', {name: 'addMeta'}))),
  make('div', {class: 'row'}, check('continue', 'Go on from the saved states'),
    check('fullSync', 'Full sync'), check('deduplicate', 'Deduplicate', true),
    check('toSameCase', 'Lower case names'), check('debug', 'Debug')),
  labelled('Documents: JSON with config, catalog, perhaps state and '
    + 'destinationConfig', body),
  problem, make('div', {class: 'row'}, go,
    button('Close', () => dialog.close())));
  dialog.replaceChildren(form);
  // Nothing secret stays in the page behind a closed dialog.
  dialog.addEventListener('close', () => dialog.replaceChildren(),
    {once: true});
  dialog.showModal();
}

async function startAgain(form) {
  const query = {};
  for (const field of form.elements)
    if (field.name && field.name !== 'body')
      query[field.name] = field.type === 'checkbox' ? String(field.checked)
        : field.value.trim();
  const body = form.elements.body.value;
  try {
    JSON.parse(body);
  } catch {
    throw new Error('The documents are not JSON.');
  }
  // As it was pasted: numbers stay as they are.
  await ask('/read', {method: 'POST', query, body});
  return query.taskId;
}
