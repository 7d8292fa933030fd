// SPDX-License-Identifier: Apache-2.0

import { act, fireEvent, screen, within } from '@testing-library/react';
import React, { useState } from 'react';
import { accessibilityFaults, renderAt } from '../testing/render';
import { pathOf } from './Sparkline';
import { type VirtualColumn, VirtualTable } from './VirtualTable';

interface Thing {
  readonly id: number;
}
const COLUMNS: ReadonlyArray<VirtualColumn<Thing>> = [
  { id: 'name', header: 'Name', isSortable: true, cell: ({ id }) => `thing ${String(id)}` },
  { id: 'size', header: 'Size', width: '4rem', cell: ({ id }) => id * 2 },
];
const things = (count: number): Thing[] => Array.from({ length: count }, (_, id) => ({ id }));
/** Rows in the document: those in view, and some beside them. */
const DRAWN_MAX = 60;
const ROW_PX = 36;

function Table({ count, onVisible }: { count: number; onVisible?: (items: readonly Thing[]) => void }) {
  const [sort, setSort] = useState('name');
  const [items] = useState(() => things(count));
  return (
    <>
      <p>sorted by {sort}</p>
      <VirtualTable
        label="Things"
        columns={COLUMNS}
        items={items}
        keyOf={({ id }) => String(id)}
        sort={sort}
        onSort={setSort}
        isSelected={({ id }) => id === 1}
        {...(onVisible && { onVisible })}
      />
    </>
  );
}

const frame = () => screen.getByRole('region', { name: 'Things' });
const rows = () => screen.getAllByRole('row').slice(1);

function scrollTo(top: number): void {
  frame().scrollTop = top;
  fireEvent.scroll(frame());
}

describe('a table of ten thousand rows', () => {
  it('has those in view in the document, and tells how many there are', () => {
    renderAt(<Table count={10_000} />);
    expect(screen.getByRole('table')).toHaveAttribute('aria-rowcount', '10001');
    expect(rows().length).toBeLessThan(DRAWN_MAX);
    expect(rows()[0]).toHaveAttribute('aria-rowindex', '2');
    expect(rows()[0]).toHaveTextContent('thing 0');
  });

  it('shows any place it is scrolled to, the last row too, and no more of them', () => {
    renderAt(<Table count={10_000} />);
    scrollTo(5000 * ROW_PX);
    expect(screen.getByText('thing 5000').closest('tr')).toHaveAttribute('aria-rowindex', '5002');
    expect(screen.queryByText('thing 0')).not.toBeInTheDocument();
    scrollTo(10_000 * ROW_PX);
    expect(rows().at(-1)).toHaveTextContent('thing 9999');
    expect(rows().length).toBeLessThan(DRAWN_MAX);
  });

  it('draws them before the browser shows the place, however fast it is scrolled', () => {
    renderAt(<Table count={10_000} />);
    // React by itself, as in a browser.
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });
    for (let top = 100; top < 1000; top += 100) {
      frame().scrollTop = top * ROW_PX;
      frame().dispatchEvent(new Event('scroll'));
      expect(screen.getByText(`thing ${String(top)}`)).toBeInTheDocument();
    }
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  });

  it('keeps the place of the rows that are not there', () => {
    renderAt(<Table count={10_000} />);
    scrollTo(5000 * ROW_PX);
    const gaps = frame().querySelectorAll('tr[aria-hidden] > td');
    const height = [...gaps].reduce((sum, gap) => sum + parseFloat((gap as HTMLElement).style.height), 0);
    expect(height + rows().length * ROW_PX).toBe(10_000 * ROW_PX);
  });

  it('tells what is in view once it stands still', () => {
    jest.useFakeTimers();
    const onVisible = jest.fn();
    renderAt(<Table count={10_000} onVisible={onVisible} />);
    scrollTo(300 * ROW_PX);
    scrollTo(7000 * ROW_PX);
    act(() => jest.runOnlyPendingTimers());
    jest.useRealTimers();
    expect(onVisible).toHaveBeenCalledTimes(1);
    expect(onVisible.mock.calls[0][0]).toContainEqual({ id: 7000 });
  });
});

describe('a table', () => {
  it('is sorted by its heads, and turned round', async () => {
    const { user } = renderAt(<Table count={3} />);
    const head = screen.getByRole('columnheader', { name: 'Name' });
    expect(head).toHaveAttribute('aria-sort', 'ascending');
    await user.click(within(head).getByRole('button'));
    expect(screen.getByText('sorted by -name')).toBeInTheDocument();
    expect(head).toHaveAttribute('aria-sort', 'descending');
    expect(screen.getByRole('columnheader', { name: 'Size' })).not.toHaveAttribute('aria-sort');
  });

  it('says which rows are selected, and is accessible', async () => {
    const { container } = renderAt(<Table count={30} />);
    expect(
      rows()
        .map((row) => row.getAttribute('aria-selected'))
        .filter((value) => value === 'true'),
    ).toHaveLength(1);
    expect(await accessibilityFaults(container)).toEqual([]);
  });
});

describe('a sparkline', () => {
  it('goes from bottom to top, and leaves a gap where nothing is known', () => {
    expect(pathOf([0, 1, NaN, 1, 0], 0.1)).toBe('M0.0 23.0h0L25.0 1.0M75.0 1.0h0L100.0 23.0');
  });
  it('of next to nothing stays at the bottom', () => {
    expect(pathOf([0, 0.001], 0.1)).toBe('M0.0 23.0h0L100.0 22.8');
  });
});
