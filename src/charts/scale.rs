//! Where a figure stands on an axis, and the round numbers beside it.

/// An axis from its least to its greatest round number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    least: i64,
    greatest: i64,
    step: i64,
}

/// How many steps an axis has at most.
const STEPS: i64 = 6;

impl Scale {
    /// The scale that shows nought and all of `values`, in steps of 1, 2 or 5 times a power of ten.
    #[must_use]
    pub fn of(values: impl Iterator<Item = i64>) -> Self {
        let (low, high) = values.fold((0, 0), |(low, high): (i64, i64), value| (low.min(value), high.max(value)));
        let high = if low == high { high + 1 } else { high };
        let mut power = 1;
        let step = loop {
            let fits = |step: &i64| high.div_euclid(*step) - low.div_euclid(*step) < STEPS;
            if let Some(step) = [1, 2, 5].map(|digit| digit * power).iter().find(|step| fits(step)) {
                break *step;
            }
            match i64::checked_mul(power, 10) {
                Some(next) if next < i64::MAX / 10 => power = next,
                _ => break power,
            }
        };
        let greatest = (high + step - 1).div_euclid(step) * step;
        Self { least: low.div_euclid(step) * step, greatest, step }
    }

    /// The round numbers.
    pub fn ticks(self) -> impl Iterator<Item = i64> {
        (0..).map(move |place| self.least + place * self.step).take_while(move |tick| *tick <= self.greatest)
    }

    /// How far along the axis `value` stands, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a picture is not that exact")]
    #[must_use]
    pub fn share(self, value: i64) -> f64 {
        (value - self.least) as f64 / (self.greatest - self.least) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(values: &[i64]) -> Vec<i64> {
        Scale::of(values.iter().copied()).ticks().collect()
    }

    #[test]
    fn an_axis_has_few_round_numbers_and_holds_every_figure() {
        assert_eq!(ticks(&[0, 369]), [0, 100, 200, 300, 400]);
        assert_eq!(ticks(&[1_243]), [0, 500, 1_000, 1_500]);
        assert_eq!(ticks(&[3]), [0, 1, 2, 3]);
        assert_eq!(ticks(&[]), [0, 1]);
        assert_eq!(ticks(&[-30, 100]), [-50, 0, 50, 100]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_shown_stands_on_the_axis(values in proptest::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 0..9)) {
            let scale = Scale::of(values.iter().copied());
            let ticks: Vec<i64> = scale.ticks().collect();
            proptest::prop_assert!((2..=8).contains(&ticks.len()), "{ticks:?}");
            for value in values {
                proptest::prop_assert!((0.0..=1.0).contains(&scale.share(value)));
            }
        }
    }
}
