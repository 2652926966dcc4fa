// The destinations that there are, with the forms of their configs.

const textSchema = (title, more = {}) => ({type: 'string', title, ...more});
const secretSchema = title => ({type: 'string', title, airbyte_secret: true});
const portSchema = standard => ({type: 'integer', title: 'Port', minimum: 1,
  maximum: 65535, default: standard});
const certificates = {
  sslServerCA: textSchema('Authority of the server (a path, or PEM)',
    {multiline: true}),
  sslClientCert: textSchema('Certificate of this client (a path, or PEM)',
    {multiline: true}),
  sslClientKey: {...secretSchema('Key of this client (a path, or PEM)'),
    multiline: true}};
const parametersSchema = {type: 'object', title: 'Parameters',
  description: 'Settings of the session, as JSON of names and values.'};
const bucketSchema = {type: 'object',
  required: ['accessKeyId', 'secretAccessKey', 'bucket'], properties: {
    bucket: textSchema('Bucket'),
    folder: textSchema('Folder', {description:
      'Within the bucket. [DATE] and [TIMESTAMP] are filled in.'}),
    accessKeyId: textSchema('Access key id'),
    secretAccessKey: secretSchema('Secret access key'),
    region: textSchema('Region', {examples: ['eu-west-1']}),
    endpoint: textSchema('Endpoint', {examples: [location.protocol + '//minio:9000'],
      description: 'Of a server that is not Amazon\'s or Google\'s.'}),
    format: {type: 'string', title: 'Format', default: 'ndjson',
      enum: ['ndjson', 'ndjson_flat', 'csv']},
    compression: {type: 'string', title: 'Compression', default: 'none',
      enum: ['none', 'gzip']}}};

const destinationKinds = [
  {type: 'sqlite', title: 'SQLite', local: true,
    text: 'One file on this machine that can be queried at once',
    schema: {type: 'object', required: ['path'], properties: {
      path: textSchema('File', {examples: ['rows.db'], default: 'rows.db',
        description: 'A relative path lies in the folder rows of SYNCCTL_DATA_DIR.'})}}},
  {type: 'file', title: 'Files', local: true,
    text: 'Compressed lines of JSON in a folder on this machine',
    schema: {type: 'object', required: ['folder'], properties: {
      folder: textSchema('Folder', {examples: ['files'], default: 'files',
        description: 'A relative path lies in the folder rows of SYNCCTL_DATA_DIR.'})}}},
  {type: 'postgres', title: 'Postgres', text: 'Tables in a schema',
    schema: {type: 'object', required: ['host', 'database', 'username'],
      properties: {
        host: textSchema('Host'), port: portSchema(5432),
        database: textSchema('Database'), username: textSchema('User'),
        password: secretSchema('Password'),
        defaultSchema: textSchema('Schema', {default: 'public'}),
        sslMode: {type: 'string', title: 'TLS', default: 'require',
          enum: ['disable', 'require', 'verify-ca', 'verify-full']},
        ...certificates, parameters: parametersSchema}}},
  {type: 'clickhouse', title: 'ClickHouse', text: 'Tables in a database',
    schema: {type: 'object', required: ['hosts'], properties: {
      protocol: {type: 'string', title: 'Protocol', default: 'https',
        enum: ['https', 'http', 'clickhouse', 'clickhouse-secure']},
      hosts: {type: 'array', title: 'Hosts', minItems: 1,
        items: textSchema('Host'),
        description: 'With or without a port; the next one is asked if one '
          + 'cannot be reached.'},
      username: textSchema('User', {default: 'default'}),
      password: secretSchema('Password'),
      database: textSchema('Database', {default: 'default'}),
      cluster: textSchema('Cluster'), parameters: parametersSchema,
      engine: {type: 'object', title: 'Engine of new tables'}}}},
  {type: 'mysql', title: 'MySQL or MariaDB', text: 'Tables in a database',
    schema: {type: 'object', required: ['host', 'database', 'username'],
      properties: {
        host: textSchema('Host'), port: portSchema(3306),
        database: textSchema('Database'), username: textSchema('User'),
        password: secretSchema('Password'),
        sslMode: {type: 'string', title: 'TLS', default: 'prefer',
          enum: ['disable', 'prefer', 'require', 'verify-full']},
        ...certificates, parameters: parametersSchema}}},
  {type: 's3', title: 'S3', text: 'Objects in a bucket, also of MinIO or R2',
    schema: bucketSchema},
  {type: 'gcs', title: 'Google Cloud Storage', text: 'Objects in a bucket',
    schema: {...bucketSchema, properties: {...bucketSchema.properties,
      region: textSchema('Region', {default: 'auto'})}}},
  {type: '', title: 'Bulker', text: 'The server of syncctl\'s settings',
    schema: {type: 'object', properties: {}}}];

const destinationOf = type => destinationKinds.find(one => one.type === type);
