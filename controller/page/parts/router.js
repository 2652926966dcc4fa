// Which page is shown: the hash says it, with its filters. `#/run/ID?level=WARN`
// is a path of encoded segments and a query.

const routes = [];
// What is open: {page, path, query}.
let open = null;

// `show(parts, query)` gives the page: {element, title, close(), refresh(),
// changed(query)}. `pattern` has `:` for any segment.
function route(pattern, show) {
  routes.push({segments: pattern.split('/').slice(1), show});
}

// A link into the page. Segments are encoded here.
function link(segments, query = {}) {
  return '#/' + segments.map(encodeURIComponent).join('/') + queryText(query);
}

function readHash(hash) {
  const [path, query = ''] = hash.slice(1).split(/\?(.*)/s);
  try {
    return {path, parts: path.split('/').slice(1).map(decodeURIComponent),
      query: Object.fromEntries(new URLSearchParams(query))};
  } catch {
    return {path, parts: null, query: {}};
  }
}

function findRoute(parts) {
  for (const one of routes) {
    if (one.segments.length !== parts.length)
      continue;
    if (one.segments.every((segment, i) =>
      segment === ':' ? parts[i] !== '' : segment === parts[i]))
      return one;
  }
  return null;
}

// Addresses of earlier versions.
function redirected(hash) {
  const old = /^#task=(.+)$/s.exec(hash);
  return old ? '#/run/' + old[1] : hash === '' || hash === '#' ? '#/' : null;
}

function openHash() {
  const elsewhere = redirected(location.hash);
  if (elsewhere) {
    history.replaceState(null, '', elsewhere);
    openHash();
    return;
  }
  const {path, parts, query} = readHash(location.hash);
  if (open && open.path === path && open.page.changed) {
    open.query = query;
    open.page.changed(query);
    return;
  }
  const isFirst = open === null;
  open?.page.close?.();
  tellNothing();
  setText(at('announcer'), '');
  const found = parts && findRoute(parts);
  const page = found ? found.show(
    parts.filter((_, i) => found.segments[i] === ':'), query) : missingPage();
  open = {page, path, query};
  at('main').replaceChildren(page.element);
  setTitle(page.title);
  markMenu(parts ? parts[0] : null);
  if (isFirst)
    return;
  scrollTo(0, 0);
  focusOn(page.element.querySelector('h1'));
}

// Moves the keyboard's place to what was opened.
function focusOn(element) {
  if (!element)
    return;
  if (element.tabIndex < 0)
    element.tabIndex = -1;
  element.focus({preventScroll: true});
}

function setTitle(text) {
  document.title = text ? `${text} – motorcade` : 'motorcade';
}

// Filters go into the address, so that a reload and a link keep them. Nothing
// new is opened.
function keepInHash(changes) {
  const query = {...open.query, ...changes};
  open.query = readHash('#' + queryText(query)).query;
  history.replaceState(null, '', '#' + open.path + queryText(query));
}

function goTo(hash) {
  if (location.hash === hash)
    openHash();
  else
    location.hash = hash;
}

function markMenu(first) {
  const of = {'': '', sync: '', new: '', run: 'runs'};
  for (const one of at('menu').querySelectorAll('a')) {
    const its = readHash(one.getAttribute('href')).parts[0];
    setAttribute(one, 'aria-current', its === (of[first] ?? first)
      ? 'true' : null);
  }
}

function missingPage() {
  return {title: 'Not found', element: make('div', {class: 'page'},
    make('h1', {tabindex: '-1'}, 'There is no such page'),
    make('p', {}, make('a', {href: '#/'}, 'All syncs')))};
}
