// The token, and questions before what cannot be undone.

function askForToken(why) {
  setText(at('token-why'),
    (why ? why + ' ' : '') + 'It is kept in this tab until the tab is closed.');
  at('token-button').hidden = false;
  if (!document.querySelector('dialog[open]'))
    at('token-dialog').showModal();
}

function useToken(token) {
  if (token)
    sessionStorage.setItem('token', token);
  else
    sessionStorage.removeItem('token');
  at('token-button').hidden = !token;
  at('token').value = '';
  at('token-dialog').close();
  open?.page.refresh?.();
}

// Asks before something is done. `send` does it; the dialog says what went
// wrong, and stays. `then` is called once it is done and seen.
function confirmThen({title, text, yes, no = 'No', send, danger = true, then}) {
  const dialog = at('question');
  const problem = make('p', {class: 'problem', role: 'alert'});
  const go = make('button', {type: 'submit', class: danger ? 'danger' : 'main'},
    yes);
  const stay = button(no, () => dialog.close());
  const form = make('form', {
    submit: async event => {
      event.preventDefault();
      go.disabled = true;
      setText(problem, '');
      try {
        await send();
        dialog.close();
        const seen = open?.page.refresh?.();
        if (then)
          seen.then(then);
      } catch (error) {
        setText(problem, wordsOf(error));
      }
      go.disabled = false;
      if (dialog.open)
        go.focus();
    }},
  make('h2', {id: 'question-title'}, title), make('p', {class: 'value'}, text),
  problem, make('div', {class: 'row'}, go, stay));
  dialog.replaceChildren(form);
  dialog.showModal();
  // Enter, pressed once too often, must not do what cannot be undone.
  if (danger)
    stay.focus();
}

// Does something at once; what went wrong is told at the button's side.
async function act(from, send, done = '') {
  from.disabled = true;
  try {
    const out = await send();
    tell('action');
    if (done)
      announce(done);
    open?.page.refresh?.();
    return out;
  } catch (error) {
    tell('action', error);
    return undefined;
  } finally {
    from.disabled = false;
    if (document.activeElement === document.body)
      from.focus();
  }
}

function startDialogs() {
  // Where no token is asked for there is nothing to give.
  at('token-button').hidden = !sessionStorage.getItem('token');
  at('token-button').addEventListener('click', () => askForToken());
  at('token-form').addEventListener('submit', event => {
    event.preventDefault();
    if (at('token').value.trim())
      useToken(at('token').value.trim());
  });
  at('forget').addEventListener('click', () => useToken(''));
  at('close-token').addEventListener('click', () => at('token-dialog').close());
}
