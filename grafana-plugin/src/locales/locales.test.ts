// SPDX-License-Identifier: Apache-2.0
// Every text has a key, every key a text in every language, and so has every code that docs/errors.md lists, which is every
// code of the exporter (test/drift). `VIREO_UPDATE_DOCS=1 npx jest src/locales` writes the English ones from the source and
// from that page; the others are people's work.

import { readdirSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import ts from 'typescript';
import { CONSOLE_REFUSAL_CODES, PROBLEMS, REFUSAL_CODES, TASK_STEP_CODES } from '@vireo/exporter/contract';
import pluginJson from '../plugin.json';

const SOURCE = join(__dirname, '..');
const fileOf = (language: string) => join(__dirname, language, `${pluginJson.id}.json`);
const PLURAL = /_(?:zero|one|two|few|many|other)$/;

interface Tree {
  [key: string]: string | Tree;
}

/** Texts of the source by key, and what is written in a way that this can't read. */
function textsOfSource(): { texts: Map<string, string>; faults: string[] } {
  const texts = new Map<string, string>();
  const faults: string[] = [];
  const add = (key: string, text: string, where: string) => {
    if (texts.has(key) && texts.get(key) !== text) {
      faults.push(`${where}: ${key} has another text elsewhere`);
    }
    texts.set(key, text);
  };
  for (const name of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(name) || /\.test\.tsx?$|^testing\//.test(name)) {
      continue;
    }
    const file = ts.createSourceFile(name, readFileSync(join(SOURCE, name), 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && node.expression.getText() === 't') {
        const [key, text, options] = node.arguments;
        if (!key || !text || !ts.isStringLiteralLike(key) || !ts.isStringLiteralLike(text)) {
          faults.push(`${name}: t() wants a key and a default, both literal: ${node.getText()}`);
        } else if (options !== undefined && /\bcount\b/.test(options.getText())) {
          for (const form of ['one', 'other']) {
            const plural = new RegExp(`defaultValue_${form}: '([^']*)'`).exec(options.getText())?.[1];
            if (plural === undefined) {
              faults.push(`${name}: ${key.text} counts, so it wants defaultValue_${form}`);
            } else {
              add(`${key.text}_${form}`, plural, name);
            }
          }
        } else {
          add(key.text, text.text, name);
        }
      }
      if (ts.isJsxElement(node) && node.openingElement.tagName.getText() === 'Trans') {
        const key = /i18nKey="([^"]+)"/.exec(node.openingElement.getText())?.[1];
        if (key === undefined || !node.children.every(ts.isJsxText)) {
          faults.push(`${name}: Trans wants a literal i18nKey and only text: ${node.getText()}`);
        } else {
          add(
            key,
            node.children
              .map((child) => child.getText())
              .join('')
              .replace(/\s+/g, ' ')
              .trim(),
            name,
          );
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return { texts, faults };
}

/** Meanings and advice of docs/errors.md, by the keys of api/code-texts.ts. */
function textsOfCodes(): Map<string, string> {
  const texts = new Map<string, string>();
  let columns: string[] = [];
  for (const line of readFileSync(join(SOURCE, '../../docs/errors.md'), 'utf8').split('\n')) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
    const [code] = /(?<=^`)[\w-]+(?=`$)/.exec(cells[1] ?? '') ?? [];
    if (code === undefined) {
      columns = /^(Code|Name)$/.test(cells[1] ?? '') ? cells : columns;
      continue;
    }
    for (const [column, prefix, suffix] of [
      ['Meaning', 'codes.', '.meaning'],
      ['What to do', 'codes.', '.advice'],
      ['Reason', 'refused.', ''],
      ['Step', 'steps.', ''],
    ] as const) {
      const text = cells[columns.indexOf(column)];
      if (text !== undefined) {
        // A person in Grafana has no page of ours to click.
        texts.set(`${prefix}${code}${suffix}`, text.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1'));
      }
    }
  }
  return texts;
}

function flat(tree: Tree, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[`${prefix}${key}`, value] as const] : [...flat(value, `${prefix}${key}.`)],
    ),
  );
}

function nested(texts: ReadonlyMap<string, string>): Tree {
  const tree: Tree = {};
  for (const [key, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const parts = key.split('.');
    const last = parts.pop() ?? '';
    const branch = parts.reduce<Tree>((at, part) => {
      const next = (at[part] ??= {});
      if (typeof next === 'string') {
        throw new Error(`${key}: ${part} is a text already`);
      }
      return next;
    }, tree);
    branch[last] = text;
  }
  return tree;
}

const textsIn = (language: string) => flat(JSON.parse(readFileSync(fileOf(language), 'utf8')) as Tree);
const base = (key: string) => key.replace(PLURAL, '');
const placeholders = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
const source = textsOfSource();
const codes = textsOfCodes();
const english = new Map([...source.texts, ...codes]);

describe('texts', () => {
  it('are written so that they can be found', () => {
    expect(source.faults).toEqual([]);
    expect(source.texts.size).toBeGreaterThan(50);
  });

  it('are there for every code of the contract, and for those of lost hosts', () => {
    const problems = Object.keys(PROBLEMS).flatMap((code) => [`codes.${code}.meaning`, `codes.${code}.advice`]);
    const refusals = [...REFUSAL_CODES, ...CONSOLE_REFUSAL_CODES].map((code) => `refused.${code}`);
    const steps = TASK_STEP_CODES.map((code) => `steps.${code}`);
    const others = ['codes.VIREO_TASK_TIMED_OUT.meaning', 'codes.LV_CONN_REFUSED.meaning', 'codes.VIR_ERR_RPC.advice'];
    expect([...codes.keys()]).toEqual(expect.arrayContaining([...problems, ...refusals, ...steps, ...others]));
    expect([...codes.keys()].filter((key) => source.texts.has(key))).toEqual([]);
  });

  it('stand in en-US as in the source', () => {
    if (process.env['VIREO_UPDATE_DOCS'] === '1') {
      writeFileSync(fileOf('en-US'), `${JSON.stringify(nested(english), null, 2)}\n`);
    }
    expect(Object.fromEntries(textsIn('en-US'))).toEqual(Object.fromEntries(english));
  });

  it('stand in the languages that plugin.json names, and in no others', () => {
    const folders = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...pluginJson.languages].sort());
  });

  it.each(pluginJson.languages.filter((language) => language !== 'en-US'))('are all translated to %s', (language) => {
    const translated = textsIn(language);
    const keys = (texts: ReadonlyMap<string, string>) => [...new Set([...texts.keys()].map(base))].sort();
    expect(keys(translated)).toEqual(keys(english));
    for (const [key, text] of translated) {
      const original = english.get(key) ?? english.get(`${base(key)}_other`) ?? '';
      expect({ key, has: placeholders(text) }).toEqual({ key, has: placeholders(original) });
      expect(text.trim()).not.toBe('');
      if (language === 'zh-Hans' && codes.has(key)) {
        expect({ key, text }).toEqual({ key, text: expect.stringMatching(/\p{Script=Han}/u) });
      }
    }
  });
});
