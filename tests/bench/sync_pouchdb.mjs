// sync_pouchdb.mjs - bench_sync.py's hand at PouchDB: what sync_cost.c does, with the same persons, between a PouchDB here
// and express-pouchdb in a process of its own, leveldb on disk on both sides, HTTP over loopback. Requests and bytes (both
// ways, headers with them) are counted at the server's sockets.
//     node sync_pouchdb.mjs FOLDER-OF-NODE_MODULES PEOPLE FOLDER BATCH
// PEOPLE: a document a line. BATCH: documents a batch, which is 100 where nobody chooses. What is printed has the shape of
// sync_cost.c. A replication that didn't bring everything over ends this with an error.
import {fork} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const EDITS = 20;
const [packages, people, folder, batch] = process.argv.slice(2);
const require = createRequire(pathToFileURL(packages + '/'));
const PouchDB = require('pouchdb-node');

function serve() {
  const express = require('express');
  const sockets = new Set();
  const gone = {up: 0, down: 0};
  let requests = 0;
  const app = express();
  const mine = PouchDB.defaults({prefix: path.join(folder, 'server') + path.sep});
  const settings = {mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: path.join(folder, 'server.log')};
  app.use('/', require('express-pouchdb')(mine, settings));
  const server = app.listen(0, '127.0.0.1', () => process.send({port: server.address().port}));
  server.on('request', () => { requests++; });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      gone.up += socket.bytesRead;
      gone.down += socket.bytesWritten;
    });
  });
  process.on('message', () => {
    let {up, down} = gone;
    for (const socket of sockets) {
      up += socket.bytesRead;
      down += socket.bytesWritten;
    }
    process.send({requests, up, down});
  });
  process.on('disconnect', () => process.exit());
}

const told = child => new Promise(good => { child.once('message', good); });

function count(child) {
  const answer = told(child);
  child.send('count');
  return answer;
}

function must(holds, what) {
  if (!holds) throw new Error(what);
}

async function drive() {
  for (const side of ['server', 'client']) fs.mkdirSync(path.join(folder, side), {recursive: true});
  const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), 'serve'], {stdio: ['ignore', 'ignore', 'inherit', 'ipc']});
  const ended = () => { throw new Error('the server has ended'); };
  child.on('exit', ended);
  const {port} = await told(child);
  const rows = {};
  const measure = async (name, items, work) => {
    const before = await count(child);
    const start = performance.now();
    await work();
    const ms = performance.now() - start;
    const after = await count(child);
    const sent = after.up - before.up, received = after.down - before.down;
    rows[name] = {requests: after.requests - before.requests, sent, received, bytes: sent + received, items, ms};
  };
  const device = name => new PouchDB(path.join(folder, 'client', name));
  const worker = device('worker'), remote = new PouchDB(`http://127.0.0.1:${port}/people`);
  const documents = fs.readFileSync(people, 'utf8').trim().split('\n').map(line => JSON.parse(line));
  const options = {batch_size: Number(batch)};
  await worker.bulkDocs(documents);
  await worker.info();
  await remote.info(); // the database is made

  await measure('push', documents.length, () => worker.replicate.to(remote, options));
  must((await remote.info()).doc_count === documents.length, 'not all were pushed');
  await measure('nothing_first', 0, () => worker.sync(remote, options));
  const second = device('second');
  await measure('pull', documents.length, () => second.replicate.from(remote, options));
  must((await second.info()).doc_count === documents.length, 'not all were pulled');
  await measure('nothing', 0, () => worker.sync(remote, options));
  const some = documents.slice(0, EDITS).map(one => one._id);
  for (const id of some) await worker.put({...await worker.get(id), phone: '07' + id.replace(/\D/g, '').padEnd(8, '0').slice(0, 8)});
  await measure('edits', EDITS, () => worker.sync(remote, options));
  for (const id of some) must((await remote.get(id)).phone.startsWith('07'), 'an edit was not pushed');
  child.off('exit', ended);
  child.disconnect();
  console.log(JSON.stringify({persons: documents.length, rows}));
}

if (process.argv[6] === 'serve') {
  serve();
} else {
  await drive().catch(why => {
    console.error(`error: ${why.message ?? why}`);
    process.exit(1);
  });
  process.exit();
}
