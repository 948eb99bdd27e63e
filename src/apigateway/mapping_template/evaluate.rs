//! Expressions: literals, operators, ranges.

use super::TemplateError;
use super::render::{Renderer, is_true};
use super::syntax::{Arithmetic, Expression, Operator, Order};
use super::value::{Datum, ListKind, Members};

/// Items that a range may have; a `#foreach` takes no more than a thousand of them.
const MAX_RANGE: u64 = 100_000;

impl Renderer<'_> {
    pub(super) fn expression(&mut self, expression: &Expression) -> Result<Datum, TemplateError> {
        self.enter()?;
        let value = self.expression_inside(expression)?;
        self.leave();
        Ok(value)
    }

    fn expression_inside(&mut self, expression: &Expression) -> Result<Datum, TemplateError> {
        Ok(match expression {
            Expression::Text(text) => Datum::Text(text.clone()),
            Expression::Interpolated(block) => self.interpolate(block)?,
            Expression::Int(int) => Datum::Int(*int),
            Expression::Float(float) => Datum::Float(*float),
            Expression::Bool(truth) => Datum::Bool(*truth),
            Expression::Reference(reference) => self.reference(reference)?,
            Expression::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.push(self.expression(item)?);
                }
                self.heap.new_list(ListKind::Java, values)?
            }
            Expression::Map(members) => {
                let mut values = Members::new();
                for (name, value) in members {
                    let name = self.expression(name)?;
                    values.insert(self.heap.name(&name)?, self.expression(value)?);
                }
                self.heap.new_map(values)?
            }
            Expression::Range(ends) => {
                let (first, last) = (self.expression(&ends.0)?, self.expression(&ends.1)?);
                self.range(&first, &last)?
            }
            Expression::Not(operand) => Datum::Bool(!is_true(&self.expression(operand)?)),
            Expression::Negative(operand) => {
                let operand = self.expression(operand)?;
                let int = operand.as_int().map(|int| Datum::Int(int.wrapping_neg()));
                int.or_else(|| operand.as_float().map(|float| Datum::Float(-float)))
                    .unwrap_or(Datum::Null)
            }
            Expression::Chain(first, rest) => {
                let mut value = self.expression(first)?;
                for (operator, operand) in rest {
                    value = self.operate(&value, *operator, operand)?;
                }
                value
            }
        })
    }

    fn operate(
        &mut self,
        left: &Datum,
        operator: Operator,
        operand: &Expression,
    ) -> Result<Datum, TemplateError> {
        match operator {
            Operator::Or if is_true(left) => return Ok(Datum::Bool(true)),
            Operator::And if !is_true(left) => return Ok(Datum::Bool(false)),
            Operator::Or
            | Operator::And
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Order(_)
            | Operator::Arithmetic(_) => {}
        }
        let right = self.expression(operand)?;
        Ok(match operator {
            Operator::Or | Operator::And => Datum::Bool(is_true(&right)),
            Operator::Equal => Datum::Bool(self.equal(left, &right)?),
            Operator::NotEqual => Datum::Bool(!self.equal(left, &right)?),
            Operator::Order(order) => Datum::Bool(in_order(left, order, &right)),
            Operator::Arithmetic(Arithmetic::Add) => self.add(left, &right)?,
            Operator::Arithmetic(operator) => arithmetic(left, operator, &right),
        })
    }

    /// Numbers by their value; values of different types by their text.
    fn equal(&self, left: &Datum, right: &Datum) -> Result<bool, TemplateError> {
        if let (Datum::Int(a), Datum::Int(b)) = (left, right) {
            return Ok(a == b);
        }
        if let (Some(a), Some(b)) = (left.as_number(), right.as_number()) {
            return Ok(a == b);
        }
        match (left, right) {
            (Datum::Null, other) | (other, Datum::Null) => {
                Ok(*other == Datum::Null || *other == Datum::from(""))
            }
            (Datum::Text(a), Datum::Text(b)) => self.heap.same_text(a, b),
            (Datum::List(_), Datum::List(_)) | (Datum::Map(_), Datum::Map(_)) => {
                self.heap.java_equals(left, right)
            }
            (Datum::Bool(a), Datum::Bool(b)) => Ok(a == b),
            _ => self.heap.same_text(&self.heap.text(left)?, &self.heap.text(right)?),
        }
    }

    /// `+` joins as soon as one side is a string.
    fn add(&self, left: &Datum, right: &Datum) -> Result<Datum, TemplateError> {
        if matches!(left, Datum::Text(_)) || matches!(right, Datum::Text(_)) {
            let (left, right) = (self.heap.text(left)?, self.heap.text(right)?);
            self.heap.count_text(left.len() + right.len())?;
            return Ok(format!("{left}{right}").into());
        }
        Ok(arithmetic(left, Arithmetic::Add, right))
    }

    fn range(&mut self, first: &Datum, last: &Datum) -> Result<Datum, TemplateError> {
        let (Some(first), Some(last)) = (range_end(first), range_end(last)) else {
            return Ok(Datum::Null);
        };
        if first.abs_diff(last) >= MAX_RANGE {
            return Err(TemplateError::limit(format!(
                "the range {first}..{last} has more than {MAX_RANGE} items"
            )));
        }
        let items = if first <= last {
            (first..=last).map(Datum::Int).collect()
        } else {
            (last..=first).rev().map(Datum::Int).collect()
        };
        self.heap.new_list(ListKind::Java, items)
    }
}

fn range_end(datum: &Datum) -> Option<i64> {
    match datum {
        Datum::Int(int) => Some(*int),
        Datum::Float(float) => Some(*float as i64),
        Datum::Text(text) => text.parse().ok(),
        Datum::Null
        | Datum::Bool(_)
        | Datum::List(_)
        | Datum::Map(_)
        | Datum::Entry(_)
        | Datum::Input
        | Datum::Util => None,
    }
}

/// Only numbers have an order; anything else is false.
fn in_order(left: &Datum, wanted: Order, right: &Datum) -> bool {
    let order = match (left, right) {
        (Datum::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
        _ => left.as_number().zip(right.as_number()).and_then(|(a, b)| a.partial_cmp(&b)),
    };
    order.is_some_and(|order| match wanted {
        Order::Less => order.is_lt(),
        Order::LessOrEqual => order.is_le(),
        Order::Greater => order.is_gt(),
        Order::GreaterOrEqual => order.is_ge(),
    })
}

/// Whole numbers stay whole until they no longer fit; division by zero and what is no number give nothing.
fn arithmetic(left: &Datum, operator: Arithmetic, right: &Datum) -> Datum {
    if let (Datum::Int(a), Datum::Int(b)) = (left, right) {
        let whole = match operator {
            Arithmetic::Add => a.checked_add(*b),
            Arithmetic::Subtract => a.checked_sub(*b),
            Arithmetic::Multiply => a.checked_mul(*b),
            Arithmetic::Divide => a.checked_div(*b),
            Arithmetic::Remainder => a.checked_rem(*b),
        };
        if whole.is_some()
            || *b == 0 && matches!(operator, Arithmetic::Divide | Arithmetic::Remainder)
        {
            return whole.map_or(Datum::Null, Datum::Int);
        }
    }
    let Some((a, b)) = left.as_number().zip(right.as_number()) else { return Datum::Null };
    Datum::Float(match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => a % b,
    })
}
