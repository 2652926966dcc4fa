'use strict';
// Makes and changes elements. Whatever comes from the API is only ever given
// to textContent and to attributes that name nothing to load.

const at = id => document.getElementById(id);

// What has not changed is not touched: nothing flickers, selections stay.
function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

function setClass(element, name) {
  if (element.getAttribute('class') !== name)
    element.setAttribute('class', name);
}

function setAttribute(element, name, value) {
  const text = value === null || value === undefined || value === false
    ? null : value === true ? '' : String(value);
  if (element.getAttribute(name) === text)
    return;
  if (text === null)
    element.removeAttribute(name);
  else
    element.setAttribute(name, text);
}

// Makes an element: `make('a', {class: 'x', href: '#/', click: call}, 'text')`.
// An attribute whose value is a function listens to that event. An address may
// only lead into this page or to a path of this server.
function make(kind, attributes = {}, ...children) {
  const out = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function')
      out.addEventListener(name, value);
    else if (name === 'href' && !/^(#|\/(?!\/))/.test(value))
      throw new Error('an address that leads elsewhere');
    else
      setAttribute(out, name, value);
  }
  out.append(...children.flat().filter(
    child => child !== null && child !== undefined && child !== false));
  return out;
}

// Makes an element of SVG.
function draw(kind, attributes = {}, ...children) {
  const out = document.createElementNS(at('drawing').namespaceURI, kind);
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === 'function')
      out.addEventListener(name, value);
    else
      setAttribute(out, name, value);
  out.append(...children);
  return out;
}

// Makes the children of `parent` those of `items`, keeping the elements that
// are there; `create` makes one, `update` fills it. Keys are unique.
function reconcile(parent, items, keyOf, create, update) {
  const known = parent.known ||= new Map();
  const wanted = new Set(items.map(keyOf));
  for (const [key, element] of known) {
    if (wanted.has(key))
      continue;
    element.remove();
    known.delete(key);
  }
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = known.get(key);
    if (!element) {
      element = create(item);
      known.set(key, element);
    }
    if (element === place)
      place = place.nextSibling;
    else
      parent.insertBefore(element, place);
    update(element, item);
  }
}

function button(text, click, attributes = {}) {
  return make('button', {type: 'button', click, ...attributes}, text);
}

// A labelled field: the label holds the control, and a hint below it.
function labelled(text, control, hint = '') {
  const label = make('label', {}, make('span', {class: 'label'}, text), control);
  if (!hint)
    return label;
  const note = make('span', {class: 'soft small value', id: newName()}, hint);
  control.setAttribute('aria-describedby', note.id);
  return make('div', {class: 'field'}, label, note);
}

function checkbox(text, attributes = {}) {
  const box = make('input', {type: 'checkbox', ...attributes});
  return {box, label: make('label', {class: 'check'}, box, ' ' + text)};
}

// A <select> of [value, text] pairs.
function choice(pairs, value = '', attributes = {}) {
  const out = make('select', attributes, pairs.map(([key, text]) =>
    make('option', {value: key}, text)));
  out.value = value;
  return out;
}

// Pairs of a name and a text (or an element), those without text left out.
function facts(parent, pairs) {
  const shown = pairs.filter(([, text]) => text !== '' && text !== null
    && text !== undefined);
  reconcile(parent, shown.flatMap(([name, content, kind]) => [
    {key: 'dt ' + name, kind: 'dt', content: name, name: ''},
    {key: 'dd ' + name, kind: 'dd', content, name: 'value ' + (kind || '')}]),
  part => part.key, part => make(part.kind), (element, part) => {
    setClass(element, part.name.trim());
    if (typeof part.content !== 'object')
      setText(element, String(part.content));
    else if (element.firstChild !== part.content)
      element.replaceChildren(part.content);
  });
}

let names = 0;
// An id that no other element has.
const newName = () => 'made-' + ++names;

// Calls `call` once nothing has asked for it for so long.
function later(milliseconds, call) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, milliseconds);
  };
}

// Tells a screen reader of a change that it would not see.
function announce(text) {
  setText(at('announcer'), '');
  setTimeout(() => setText(at('announcer'), text), 50);
}

// Puts a text into the clipboard, and says so at the button.
async function copyText(text, from) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without HTTPS a browser has no clipboard but this.
    const area = make('textarea', {class: 'away', 'aria-hidden': 'true'});
    area.value = text;
    from.after(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    from.focus();
  }
  const before = from.textContent;
  if (before === 'Copied')
    return;
  setText(from, 'Copied');
  announce('Copied');
  setTimeout(() => setText(from, before), 1500);
}
