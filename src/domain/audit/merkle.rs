//! The Merkle tree of RFC 6962 (section 2.1) over actions, in memory that grows with its depth alone.

use sha2::{Digest, Sha256};

use super::Hash;

/// An action as a leaf of the tree.
#[must_use]
pub fn leaf(number: i64, seq: i32, hash: Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(number.to_be_bytes());
    hasher.update(seq.to_be_bytes());
    hasher.update(hash.0);
    Hash(hasher.finalize().into())
}

fn node(left: Hash, right: Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left.0);
    hasher.update(right.0);
    Hash(hasher.finalize().into())
}

/// A tree to which leaves are added on the right.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The roots of the full trees that the leaves make so far, the largest first, each with its depth.
    full: Vec<(u32, Hash)>,
    leaves: i64,
}

impl Tree {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.leaves += 1;
        let mut grown = (0, leaf);
        while let Some((depth, left)) = self.full.pop() {
            if depth == grown.0 {
                grown = (depth + 1, node(left, grown.1));
            } else {
                self.full.push((depth, left));
                break;
            }
        }
        self.full.push(grown);
    }

    /// How many leaves it has.
    #[must_use]
    pub const fn leaves(&self) -> i64 {
        self.leaves
    }

    /// Its root; the hash of nothing, where it has no leaf.
    #[must_use]
    pub fn root(&self) -> Hash {
        let from_the_right = self.full.iter().rev().map(|(_, root)| *root);
        from_the_right.reduce(|right, left| node(left, right)).unwrap_or_else(|| Hash(Sha256::digest([]).into()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition of the RFC, word for word.
    fn root_of(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash(Sha256::digest([]).into()),
            [one] => *one,
            many => {
                let largest_power_below = 1 << (usize::BITS - 1 - (many.len() - 1).leading_zeros());
                let (left, right) = many.split_at(largest_power_below);
                node(root_of(left), root_of(right))
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn leaves_added_one_by_one_make_the_tree_of_the_rfc(count in 0..200_usize) {
            let leaves: Vec<Hash> = (0..count).map(|place| leaf(i64::try_from(place).unwrap(), 1, Hash::default())).collect();
            let mut tree = Tree::default();
            for leaf in &leaves {
                tree.push(*leaf);
            }
            prop_assert_eq!(tree.root(), root_of(&leaves));
            prop_assert_eq!(tree.leaves(), i64::try_from(count).unwrap());
        }
    }

    #[test]
    fn an_empty_tree_has_the_root_that_the_rfc_gives_it() {
        let root = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Tree::default().root().to_string(), root);
    }
}
