// SPDX-License-Identifier: Apache-2.0

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { XML_DEPTH_MAX, XML_LENGTH_MAX, parseXml } from './parse-xml.ts';
import { XmlError } from './xml-error.ts';

describe('parseXml', () => {
  it('decodes the five entities, numbered characters and CDATA, and nothing twice', () => {
    const root = parseXml(`<a x='&lt;&quot;&#x41;'>&amp;lt; <![CDATA[&amp;<b>]]> &#8364;&#x1F600;</a>`);
    expect(root.attribute('x')).toBe('<"A');
    expect(root.text).toBe('&lt; &amp;<b> €😀');
  });

  it('keeps single and repeated children alike', () => {
    const root = parseXml('<a><b i="1"/><c/><b i="2">t</b></a>');
    expect(root.children('b').map((b) => b.attribute('i'))).toEqual(['1', '2']);
    expect(root.children('c')).toHaveLength(1);
    expect(root.children('d')).toHaveLength(0);
  });

  it('leaves numbers and booleans as text', () => {
    const root = parseXml('<a n="0x10"><b>007</b><c>true</c></a>');
    expect([root.attribute('n'), root.child('b')?.text, root.child('c')?.text]).toEqual(['0x10', '007', 'true']);
  });

  it('skips the declaration, comments and processing instructions', () => {
    expect(parseXml('<?xml version="1.0"?>\n<!-- c --><?pi x?><a><!-- <b/> --></a>\n<!-- end -->').elements).toEqual(
      [],
    );
  });

  it('takes names of JavaScript’s own for what they are: names', () => {
    const before = Object.keys(Object.prototype);
    const root = parseXml(
      '<a><__proto__ polluted="1">x</__proto__><constructor prototype="p" __proto__="q"/><toString/><hasOwnProperty/></a>',
    );
    expect(root.child('__proto__')?.attribute('polluted')).toBe('1');
    expect(root.child('constructor')?.attribute('__proto__')).toBe('q');
    expect(root.attribute('constructor')).toBeUndefined();
    expect(root.child('valueOf')).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual(before);
  });

  it.each([
    ['a DTD', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', 'document type'],
    [
      'a DTD behind a comment',
      '<?xml version="1.0"?><!-- x --> <!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
      'document type',
    ],
    ['an entity nobody declared', '<a>&nbsp;</a>', 'entity'],
    ['a bare ampersand', '<a>b & c</a>', 'not well-formed'],
    ['a bare ampersand in an attribute', '<a b="c & d"/>', 'entity'],
    ['a DTD inside the root', '<a><!DOCTYPE a [<!ENTITY e "boom">]>&e;</a>', ''],
    ['a character XML forbids', '<a>&#0;</a>', 'character'],
    ['half a surrogate pair', '<a>&#xD800;</a>', 'character'],
    ['a number beyond Unicode', '<a>&#x110000;</a>', 'character'],
    ['nothing', '', 'not well-formed'],
    ['text', 'libvirt', 'not well-formed'],
    ['a cut document', '<a><b></b>', 'not well-formed'],
    ['crossed tags', '<a><b></a></b>', 'not well-formed'],
    ['two roots', '<a></a><b></b>', 'not well-formed'],
    ['two empty roots', '<a/><b/>', ''],
    ['an attribute twice', '<a b="1" b="2"/>', 'not well-formed'],
  ])('refuses %s', (_, xml, why) => {
    expect(() => parseXml(xml)).toThrow(XmlError);
    expect(() => parseXml(xml)).toThrow(why);
  });

  it('reads the deepest allowed nesting and refuses deeper', () => {
    const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(parseXml(nested(XML_DEPTH_MAX)).name).toBe('a');
    expect(() => parseXml(nested(XML_DEPTH_MAX + 2))).toThrow('deeper');
    expect(() => parseXml(nested(200_000))).toThrow(XmlError);
  });

  it('keeps no document alive for a value that was read from it', () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    if (typeof collect !== 'function') throw new TypeError('no garbage collection to ask for');
    const heapBytes = (): number => {
      Reflect.apply(collect, undefined, []);
      return process.memoryUsage().heapUsed;
    };
    const before = heapBytes();
    const kept = Array.from({ length: 40 }, (_, i) => {
      const root = parseXml(
        `<a b='attribute of document ${String(i)}'>text of document ${String(i)}<!--${'x'.repeat(250_000)}--></a>`,
      );
      return [root.attribute('b'), root.text];
    });
    expect(heapBytes() - before).toBeLessThan(5_000_000);
    expect(kept.at(-1)).toEqual(['attribute of document 39', 'text of document 39']);
  });

  it('refuses a document over the length limit', () => {
    expect(() => parseXml(`<a>${'x'.repeat(XML_LENGTH_MAX)}</a>`)).toThrow('longer');
  });

  it('never quotes the document', () => {
    expect.assertions(1);
    try {
      parseXml(`<a><graphics passwd='hunter2'></b></a>`);
    } catch (error) {
      expect(String(error)).not.toContain('hunter2');
    }
  });

  it('throws nothing but XmlError, whatever is cut off or flipped', () => {
    const xml = `<?xml version="1.0"?><domain type='kvm'><!-- c --><name>a&amp;b</name><m><![CDATA[x]]></m><e/></domain>`;
    const attempt = (text: string): void => {
      try {
        parseXml(text);
      } catch (error) {
        if (!(error instanceof XmlError)) throw error;
      }
    };
    for (let i = 0; i < xml.length; i++) {
      attempt(xml.slice(0, i));
      for (const swap of ['<', '>', '&', "'", '/', '!', '\0']) attempt(xml.slice(0, i) + swap + xml.slice(i + 1));
    }
    expect(parseXml(xml).name).toBe('domain');
  });
});
