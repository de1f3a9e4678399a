// play_form.mjs - bench_forms.py's hand in ODK's own web engine: what play_form.c does in ours, the
// same form and script, in Node. Answers in the shape of play_form.c; times of the processor in ns.
//     node play_form.mjs FOLDER-OF-NODE_MODULES FORM.xml SCRIPT [CSV]
import fs from 'node:fs';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const OPENINGS = 3;
const [folder, formFile, scriptFile, csvFile] = process.argv.slice(2);
const require = createRequire(pathToFileURL(folder + '/'));
// The engine's parser looks for its WebAssembly as CommonJS would.
globalThis.require = require;
globalThis.__dirname = folder;
const {JSDOM} = require('jsdom');
const {window} = new JSDOM('', {url: 'http://localhost/'});
const wanted = ['DOMParser', 'XMLSerializer', 'Node', 'Element', 'Document', 'XMLDocument', 'Attr', 'Text', 'CDATASection', 'Comment',
  'ProcessingInstruction', 'NodeFilter', 'NodeList', 'XPathResult', 'XPathEvaluator', 'document', 'window', 'DocumentFragment',
  'NamedNodeMap', 'HTMLElement', 'File', 'Blob', 'FormData', 'crypto'];
for (const name of wanted) {
  if (window[name] && (!(name in globalThis) || ['File', 'Blob', 'FormData'].includes(name))) globalThis[name] = window[name];
}
globalThis.window ??= window;
const {loadForm} = await import(pathToFileURL(require.resolve('@getodk/xforms-engine')));

const xml = fs.readFileSync(formFile, 'utf8');
const csv = csvFile ? fs.readFileSync(csvFile, 'utf8') : '';
const now = () => { const used = process.cpuUsage(); return (used.user + used.system) / 1000; };
const ns = ms => Math.round(ms * 1e6);

async function open() {
  const form = await loadForm(xml, {
    fetchFormAttachment: async () => new Response(csv, {headers: {'content-type': 'text/csv'}}),
    missingResourceBehavior: 'BLANK',
  });
  if (form.status === 'failure') throw form.error;
  return form.createInstance().root;
}

function byReference(node, ret) {
  ret.set(node.currentState.reference, node);
  for (const child of node.currentState.children ?? []) byReference(child, ret);
  return ret;
}

function answer(node, value) {
  if (node.nodeType === 'select') node.selectValue(value);
  else if (node.valueType === 'int') node.setValue(BigInt(value));
  else if (node.valueType === 'decimal') node.setValue(Number(value));
  else node.setValue(value);
}

globalThis.gc?.();
const before = process.memoryUsage().rss;
const times = {open: [], answers: [], choices: [], save: []};
let root;
for (let i = 0; i < OPENINGS; i++) {
  const start = now();
  root = await open();
  void root.validationState.violations;
  times.open.push(ns(now() - start));
}
globalThis.gc?.();
const opened = process.memoryUsage().rss - before;

let nodes = byReference(root, new Map()), timed = false;
for (const line of fs.readFileSync(scriptFile, 'utf8').split('\n')) {
  if (line === '#') {
    timed = true;
    nodes = byReference(root, new Map());
  } else if (line) {
    const [path, value] = line.split('\t');
    const node = nodes.get(path) ?? (nodes = byReference(root, new Map())).get(path);
    if (!node) throw new Error('no node ' + path);
    const start = now();
    if (value !== undefined) answer(node, value);
    void node.currentState.value;
    void node.validationState;
    void node.currentState.valueOptions?.map(one => one.label?.asString);
    if (timed) (value !== undefined ? times.answers : times.choices).push(ns(now() - start));
  }
}
for (let i = 0; i < OPENINGS; i++) {
  const start = now();
  await root.prepareInstancePayload();
  times.save.push(ns(now() - start));
}
console.log(JSON.stringify({...times, open_bytes: opened, most: process.memoryUsage().rss - before}));
