// Which names and texts of a config are secret although no schema says so. The
// lists are those of schema/secrets/secret_words.cpp.

const namesOfSecrets = {
  // Words in a name that mark the value as secret.
  words: [
    'password', 'passwords', 'passwd', 'passphrase', 'pass', 'pwd', 'pw',
    'secret', 'secrets', 'token', 'tokens', 'key', 'keys', 'apikey', 'apikeys',
    'credential', 'credentials', 'creds', 'authorization', 'private', 'bearer',
    'cookie', 'cookies', 'jwt', 'signature', 'otp', 'pin', 'sas', 'dsn',
    'passcode', 'auth', 'sig'],
  // What such a word may end in, as `accesstoken` does.
  tails: [
    'password', 'secret', 'token', 'apikey', 'accesskey', 'secretkey',
    'privatekey'],
  // Names that hold such a word and no secret.
  plain: [
    'primary key', 'primary keys', 'cursor key', 'sort key', 'partition key',
    'foreign key', 'record key', 'key name', 'key type', 'key format',
    'key field', 'key fields', 'key column', 'key columns', 'token type',
    'token uri', 'token url', 'token endpoint', 'token expiry', 'auth type',
    'auth method', 'auth uri', 'auth url', 'credential type',
    'credentials type', 'credentials title', 'auth mode', 'private network',
    'private link', 'key size', 'key length', 'object key', 'key prefix',
    'key pattern', 'password type', 'secret type', 'keys', 'public key'],
  // The ends of names that are about a secret and hold none.
  plainEnds: [
    'type', 'uri', 'url', 'endpoint', 'expiry', 'date', 'path', 'format',
    'name', 'method', 'mode', 'header', 'field', 'length', 'expires', 'in',
    'at', 'enabled', 'ttl', 'host', 'location'],
  // The ends of names of ordinary settings, even below `credentials`.
  settings: [
    'id', 'ids', 'user', 'username', 'email', 'login', 'port', 'schema',
    'region', 'domain', 'project', 'account', 'scope', 'scopes']};

// The words of `api_key`, `apiKey`, `API-Key`, `x.api.key`.
const wordsInName = name => name.replace(/[^A-Za-z0-9]+/g, ' ')
  .replace(/([a-z0-9])(?=[A-Z])/g, '$1 ').replace(/([A-Z])(?=[A-Z][a-z])/g, '$1 ')
  .trim().toLowerCase().split(' ');

// Whether a name tells that its value is secret.
function namesASecret(name) {
  const words = wordsInName(name);
  const all = words.join(' ');
  const {words: secrets, tails, plain, plainEnds} = namesOfSecrets;
  if (plain.includes(all) || words.length > 1 && plainEnds.includes(words.at(-1)))
    return false;
  return words.map(word => word === 'auth0' ? word
    : word.replace(/(?<=\D)\d+$/, '')).some(word => secrets.includes(word)
    || tails.some(tail => word !== tail && word.endsWith(tail)))
    || all === 'connection string' || all === 'connectionstring';
}

// Whether a name is that of an ordinary setting, also below a secret's.
function namesASetting(name) {
  const words = wordsInName(name);
  const {plain, plainEnds, settings} = namesOfSecrets;
  return [...plainEnds, ...settings].includes(words.at(-1))
    || plain.includes(words.join(' '));
}

// Whether the name of an object's member tells that it is secret, `isBelow` one
// above it; also as another member, in {"name": "Authorization", "value": "…"}.
function isNamedIn(object, name, isBelow) {
  if (name.toLowerCase() === 'value' && ['name', 'key', 'header', 'header_name',
    'field'].some(key => namesASecret(textOf(member(object, key)))))
    return true;
  const isName = name === 'key' && Object.hasOwn(object, 'value');
  return namesASecret(name) && !isName || isBelow && !namesASetting(name);
}

// Whether a text holds a secret beside other things: the login of a URL, a
// parameter of one, a part of a connection string, a member of JSON.
function holdsASecret(text) {
  if (/^\s*[{[]/.test(text))
    try {
      let found = false;
      withoutSecrets({}, JSON.parse(text), () => {
        found = true;
      });
      return found;
    } catch {
      // It is no JSON, and may be anything else.
    }
  const scheme = text.indexOf('://');
  const isUrl = scheme >= 0 && scheme < 20;
  const rest = isUrl ? text.slice(scheme + 3) : text;
  // A password may have an @ of its own, the host does not.
  if (isUrl && /^[^/?#:]*:[^/?#]+@/.test(rest))
    return true;
  const pairs = isUrl ? rest.split(/[?&#]/).slice(1)
    : text.includes(';') ? text.split(';') : [];
  return pairs.some(pair => {
    const at = pair.indexOf('=');
    return at >= 0 && at + 1 < pair.length && namesASecret(pair.slice(0, at));
  });
}
