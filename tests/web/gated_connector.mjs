// A source whose read waits at a gate: it brings one row, and the others once
// somebody has written into the FIFO that its config names. Each row holds what
// became of the config's secret, so that a test sees which one was used.

import {createHash} from 'node:crypto';
import {existsSync, readFileSync, writeSync} from 'node:fs';

const [command, ...rest] = process.argv.slice(2);
const option = name => rest[rest.indexOf('--' + name) + 1];
const config = rest.includes('--config')
  ? JSON.parse(readFileSync(option('config'), 'utf8')) : {};
const say = message => writeSync(1, JSON.stringify(message) + '\n');
const stream = {name: 'orders'};
const status = word => say({type: 'TRACE', trace: {type: 'STREAM_STATUS',
  emitted_at: Date.now(), stream_status: {stream_descriptor: stream,
    status: word}}});
const row = id => say({type: 'RECORD', record: {stream: 'orders',
  emitted_at: Date.now(), data: {id, key: createHash('sha256').update(
    config.api_key).digest('hex')}}});
const state = id => say({type: 'STATE', state: {type: 'STREAM', stream: {
  stream_descriptor: stream, stream_state: {id}}}});

const answers = {
  spec: () => say({type: 'SPEC', spec: {connectionSpecification: {
    type: 'object', required: ['api_key'], properties: {
      api_key: {type: 'string', title: 'API key', airbyte_secret: true, order: 0},
      gate: {type: 'string', title: 'Gate', order: 1}}}}}),
  check: () => say({type: 'CONNECTION_STATUS', connectionStatus: {
    status: config.api_key === 'wrong' ? 'FAILED' : 'SUCCEEDED',
    message: config.api_key === 'wrong' ? 'the key is wrong' : ''}}),
  discover: () => say({type: 'CATALOG', catalog: {streams: [{name: 'orders',
    supported_sync_modes: ['full_refresh', 'incremental'],
    source_defined_cursor: true, default_cursor_field: ['id'],
    source_defined_primary_key: [['id']], json_schema: {type: 'object',
      properties: {id: {type: 'integer'}, key: {type: 'string'}}}}]}}),
  read: () => {
    status('STARTED');
    row(1);
    state(1);
    if (config.gate && existsSync(config.gate))
      readFileSync(config.gate);
    row(2);
    state(2);
    status('COMPLETE');
  }};
answers[command]();
