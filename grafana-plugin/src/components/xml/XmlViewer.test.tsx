// SPDX-License-Identifier: Apache-2.0
// The editor doesn't load in jsdom: what is tested here is what everybody sees until it has. A browser tests it besides.
import { screen, waitFor, within } from '@testing-library/react';
import React, { useState } from 'react';
import { editor } from '../../testing/monaco';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { XmlViewer } from './XmlViewer';

const XML = `<domain type='kvm'>
  <name>web-1</name>
  <devices><disk type='file'/><disk type='block'/></devices>
</domain>
`;

const shown = () => screen.getByRole('region', { name: 'live XML of web-1' });
const viewer = (text = XML, isDiff = false) => (
  <XmlViewer text={text} label="live XML of web-1" fileName="web-1.xml" isDiff={isDiff} />
);

describe('a document', () => {
  it('is shown as text, whatever markup is in it, and is accessible', async () => {
    const { container } = renderAt(viewer());
    expect(shown()).toHaveTextContent("<disk type='file'/>");
    expect(await accessibilityFaults(container)).toEqual([]);
  });

  it('is searched: matches are marked, counted, and stepped through by Enter', async () => {
    const { user } = renderAt(viewer());
    await user.type(screen.getByRole('searchbox', { name: 'Search in the document' }), 'DISK');
    expect(await screen.findByText('Match 1 of 2')).toBeInTheDocument();
    const marks = () => within(shown()).getAllByText('disk');
    expect(marks().map((mark) => mark.getAttribute('aria-current'))).toEqual(['true', null]);
    await user.keyboard('{Enter}');
    expect(screen.getByText('Match 2 of 2')).toBeInTheDocument();
    expect(marks().map((mark) => mark.getAttribute('aria-current'))).toEqual([null, 'true']);
    await user.click(screen.getByRole('button', { name: 'Next match' }));
    expect(screen.getByText('Match 1 of 2')).toBeInTheDocument();
    await user.keyboard('{Shift>}{Enter}{/Shift}');
    await user.click(screen.getByRole('button', { name: 'Previous match' }));
    await user.type(screen.getByRole('searchbox'), 'ette');
    expect(await screen.findByText('Not found')).toBeInTheDocument();
  });

  it('keeps its place in what was found when it changes', async () => {
    const Changing = () => {
      const [text, setText] = useState(XML);
      return (
        <>
          <button onClick={() => setText('<disk/>')}>change</button>
          {viewer(text)}
        </>
      );
    };
    const { user } = renderAt(<Changing />);
    await user.type(screen.getByRole('searchbox'), 'disk{Enter}');
    expect(await screen.findByText('Match 2 of 2')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'change' }));
    expect(await screen.findByText('Match 1 of 1')).toBeInTheDocument();
  });

  it('is copied whole', async () => {
    Object.defineProperty(window, 'isSecureContext', { configurable: true, value: true });
    const { user } = renderAt(viewer());
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    // jsdom has no clipboard: user-event puts one in its place, and Grafana wants it on a secure page.
    await waitFor(async () => expect(await navigator.clipboard.readText()).toBe(XML));
  });

  it('is downloaded past Grafana, which takes links without a target for its own pages', () => {
    renderAt(viewer());
    const link = screen.getByRole('link', { name: 'Download' });
    expect(link).toHaveAttribute('download', 'web-1.xml');
    expect(link).toHaveAttribute('target', '_blank');
    expect(link.getAttribute('href')).toMatch(/^blob:/);
  });
});

it('a document stays readable when the editor fails', async () => {
  const said = jest.spyOn(console, 'error').mockReturnValue(undefined);
  jest.spyOn(editor, 'defineTheme').mockImplementation(() => {
    throw new Error('no editor today');
  });
  renderAt(viewer());
  await waitFor(() => expect(said).toHaveBeenCalled());
  expect(shown()).toHaveTextContent("<disk type='file'/>");
  jest.restoreAllMocks();
});

it('a diff keeps its signs and is searched like a document', async () => {
  const { user, container } = renderAt(viewer('@@ -1 +1 @@\n-<vcpu>1</vcpu>\n+<vcpu>2</vcpu>\n', true));
  await user.type(screen.getByRole('searchbox'), '<vcpu>');
  expect(await screen.findByText('Match 1 of 2')).toBeInTheDocument();
  expect(shown()).toHaveTextContent('@@ -1 +1 @@ -<vcpu>1</vcpu> +<vcpu>2</vcpu>');
  expect(await accessibilityFaults(container)).toEqual([]);
});
