// SPDX-License-Identifier: Apache-2.0

import { parseXml } from './parse-xml.ts';
import { parseXPath, readPaths, XPathError } from './xpath.ts';

const APP = 'http://shop.example/app';
const DOMAIN = parseXml(
  `<domain type='kvm'><name>web</name><metadata>
     <a:app xmlns:a="${APP}" a:id="7" plain="p"><a:owner role='dev'>Dev</a:owner><a:owner role="ops"> Ops &amp; co </a:owner></a:app>
     <team xmlns="${APP}"><owner>default</owner></team><other:owner xmlns:other="urn:other">foreign</other:owner>
     <long>${'x'.repeat(5000)}</long></metadata>
   <devices><disk><target dev='vda'/></disk><disk><target dev='vdb'/><serial>S</serial></disk></devices></domain>`,
);

const read = (path: string) => readPaths(DOMAIN, [{ label: 'l', path: parseXPath(path, { app: APP }) }]).get('l');

describe('a path', () => {
  it.each([
    ['/domain/name', 'web'],
    ['/domain/name/text()', 'web'],
    ['/domain/@type', 'kvm'],
    ['/*/name', 'web'],
    ['//name', 'web'],
    ['/domain/metadata/app:app/app:owner', 'Dev'],
    ["/domain/metadata/app:app/app:owner[@role='ops']", 'Ops & co'],
    ['/domain/metadata/app:app/app:owner[2]', 'Ops & co'],
    ['/domain/metadata/app:app/@app:id', '7'],
    ['/domain/metadata/app:app/@plain', 'p'],
    ['/domain/metadata/app:team/app:owner', 'default'],
    ['//app:owner', 'Dev'],
    ['/domain/metadata//app:owner[@role="ops"]', 'Ops & co'],
    ["/domain/devices/disk[serial='S']/target/@dev", 'vdb'],
    ['/domain/devices/disk[serial]/target/@dev', 'vdb'],
    ['//disk[2]/target/@dev', 'vdb'],
    // Nothing there, nothing in it, another namespace
    ['/domain/title', undefined],
    ['/domain/metadata', undefined],
    ['/name', undefined],
    ['/domain/metadata/owner', undefined],
    ['/domain/metadata/app:app/@id', undefined],
    ['//disk[3]/target/@dev', undefined],
  ])('%s', (path, value) => {
    expect(read(path)).toBe(value);
  });

  it('gives a value of bounded length', () => {
    expect(read('//long')).toHaveLength(1024);
  });
});

describe('what is no path', () => {
  it.each([
    ['', 'begin with /'],
    ['domain/name', 'begin with /'],
    ['/domain/', 'name is missing'],
    ['/domain//', 'name is missing'],
    ['//a//b', 'once'],
    ['/domain/@type/x', 'nothing can follow'],
    ['/domain/count()', 'not supported'],
    ['/domain/foo:bar', 'prefix foo'],
    ['/domain/disk[0]', 'begin with 1'],
    ['/domain/disk[@a=b]', 'quotes'],
    ['/domain/disk[1', 'condition'],
    ['/domain/disk[position()]', 'not supported'],
    ['/domain | /x', 'not understood'],
    [`/${'a'.repeat(2000)}`, 'longer'],
  ])('%s is refused', (path, why) => {
    expect(() => parseXPath(path)).toThrow(XPathError);
    expect(() => parseXPath(path)).toThrow(why);
  });
});
