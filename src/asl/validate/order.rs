//! Which names a state's predecessors can have assigned, for all states of a scope at once.
//!
//! States that lead to each other form a group; groups are in an order, so one pass over them answers for 64 names. A search for
//! each name alone would take quadratic time in a long chain of states.

use std::collections::BTreeMap;

use super::edges;
use crate::asl::Scope;

/// Names of which one pass tells.
const NAMES_OF_A_PASS: usize = 64;

/// A pass costs a step for each state and edge; a machine of 1 MB that is not made to cost takes far fewer.
pub(super) const MAX_STEPS: usize = 20_000_000;

/// The groups of a scope, and where they lead.
pub(super) struct Order {
    /// The group of each state. A group's number is higher than those of the groups that it leads to.
    groups: Vec<usize>,
    /// The groups that each group leads to; itself when a state of it can come again.
    next: Vec<Vec<usize>>,
    /// For 64 names, by the first of them: a bit for each name and group.
    passes: BTreeMap<usize, Vec<u64>>,
}

impl Order {
    pub(super) fn of(scope: &Scope) -> Self {
        let targets: Vec<Vec<usize>> = scope
            .states
            .values()
            .map(|state| {
                let targets = edges(state).into_iter();
                targets.filter_map(|edge| scope.states.get_index_of(edge.target)).collect()
            })
            .collect();
        let groups = groups(&targets);
        let count = groups.iter().max().map_or(0, |last| last + 1);
        let mut next = vec![Vec::new(); count];
        for (state, targets) in targets.iter().enumerate() {
            next[groups[state]].extend(targets.iter().map(|target| groups[*target]));
        }
        for groups in &mut next {
            groups.sort_unstable();
            groups.dedup();
        }
        Self { groups, next, passes: BTreeMap::new() }
    }

    /// Whether a state that assigns the name can come before the state. `assigners` has the states by name; `None` when that
    /// takes more than what is left of `steps`.
    pub(super) fn may_follow(
        &mut self,
        state: usize,
        name: usize,
        assigners: &[Vec<usize>],
        steps: &mut usize,
    ) -> Option<bool> {
        let first = name / NAMES_OF_A_PASS * NAMES_OF_A_PASS;
        if !self.passes.contains_key(&first) {
            let cost = self.next.len() + self.next.iter().map(Vec::len).sum::<usize>();
            *steps = steps.checked_sub(cost)?;
            let last = assigners.len().min(first + NAMES_OF_A_PASS);
            self.passes.insert(first, self.pass(&assigners[first..last]));
        }
        let before = self.passes.get(&first)?[self.groups[state]];
        Some(before & (1 << (name - first)) != 0)
    }

    /// For each group, which of the names can be assigned when a state of it is entered.
    fn pass(&self, assigners: &[Vec<usize>]) -> Vec<u64> {
        let mut own = vec![0_u64; self.next.len()];
        for (bit, states) in assigners.iter().enumerate() {
            for state in states {
                own[self.groups[*state]] |= 1 << bit;
            }
        }
        let mut before = vec![0_u64; self.next.len()];
        for group in (0..self.next.len()).rev() {
            if self.next[group].binary_search(&group).is_ok() {
                before[group] |= own[group];
            }
            let after = before[group] | own[group];
            for next in self.next[group].iter().filter(|next| **next != group) {
                before[*next] |= after;
            }
        }
        before
    }
}

/// The strongly connected components of a graph (Tarjan 1972), numbered from the last to the first.
fn groups(targets: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let mut groups = vec![NONE; targets.len()];
    let mut numbers = vec![NONE; targets.len()];
    let mut lowest = vec![NONE; targets.len()];
    let (mut number, mut group) = (0, 0);
    let mut open = Vec::new();
    // What a recursion would hold: a state, and which of its targets is next.
    let mut walk: Vec<(usize, usize)> = Vec::new();
    for start in 0..targets.len() {
        if numbers[start] == NONE {
            walk.push((start, 0));
        }
        while let Some((state, at)) = walk.pop() {
            if at == 0 {
                (numbers[state], lowest[state]) = (number, number);
                number += 1;
                open.push(state);
            } else {
                let target = targets[state][at - 1];
                lowest[state] = lowest[state].min(lowest[target]);
            }
            let mut entered = None;
            for (index, target) in targets[state].iter().enumerate().skip(at) {
                if numbers[*target] == NONE {
                    entered = Some((index, *target));
                    break;
                }
                if groups[*target] == NONE {
                    lowest[state] = lowest[state].min(numbers[*target]);
                }
            }
            if let Some((index, target)) = entered {
                walk.extend([(state, index + 1), (target, 0)]);
            } else if lowest[state] == numbers[state] {
                while let Some(member) = open.pop() {
                    groups[member] = group;
                    if member == state {
                        break;
                    }
                }
                group += 1;
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_lead_to_lower_groups() {
        // 0 → 1 → 2 → 1, 2 → 3, 4 → 0.
        let found = groups(&[vec![1], vec![2], vec![1, 3], vec![], vec![0]]);
        assert_eq!(found[1], found[2]);
        assert!(found[4] > found[0] && found[0] > found[1] && found[1] > found[3], "{found:?}");
    }
}
