// Puts it together.

at('skip').addEventListener('click', event => {
  event.preventDefault();
  at('main').focus();
});
at('zone').value = zones.utc ? 'UTC' : 'local';
at('zone').addEventListener('change', () => {
  zones.set(at('zone').value === 'UTC');
  open?.page.log?.rezone();
  open?.page.refresh?.();
  announce('Times are ' + zones.name());
});
startDialogs();
addEventListener('hashchange', openHash);
openHash();
