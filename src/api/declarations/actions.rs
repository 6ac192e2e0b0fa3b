//! The actions as they are sent, for the contract: one shape an action, derived from the workflow table.

use utoipa::openapi::schema::{ArrayBuilder, Discriminator, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::tracks::{InspectionResult, Lane, Means, Track};
use crate::domain::workflow::{Action, Field, Need};

/// An action with the fields that are said with it.
pub struct ActionRequest;

impl ActionRequest {
    fn ordered() -> impl Iterator<Item = Action> {
        Action::VARIANTS.iter().copied().filter(|action| action.is_ordered())
    }

    /// The name of one action's shape, such as `EnterYardRequest`.
    fn shape_name(action: Action) -> String {
        let words = action.as_str().split(['.', '_']);
        let capitalised = words.map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        });
        capitalised.collect::<String>() + "Request"
    }

    fn shape(action: Action) -> Schema {
        let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([action.as_str()]));
        let mut shape = ObjectBuilder::new().property("action", name).required("action");
        for need in action.rule().says {
            let field = need.field();
            shape = shape.property(field.as_str(), field_schema(field));
            if let Need::Required(_) = need {
                shape = shape.required(field.as_str());
            }
        }
        shape.additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false))).into()
    }
}

fn field_schema(field: Field) -> RefOr<Schema> {
    let text = |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about)).into();
    match field {
        Field::Reason => text("Why, in words"),
        Field::ReasonCode => text("Which kind of reason: incomplete, inconsistent, documents or other"),
        Field::Fields => ArrayBuilder::new()
            .items(ObjectBuilder::new().schema_type(Type::String))
            .description(Some("The fields that it is about, as JSON Pointers"))
            .into(),
        Field::Yard => text("The yard's code"),
        Field::Bay => text("The bay in it"),
        Field::ObservedPlate => text("The plate that was seen"),
        Field::MismatchReason => text("Why it is not the expected one"),
        Field::CrossingPoint => text("The crossing point's code"),
        Field::Lane => Ref::from_schema_name(Lane::name()).into(),
        Field::Means => Ref::from_schema_name(Means::name()).into(),
        Field::Result => Ref::from_schema_name(InspectionResult::name()).into(),
        Field::AmountVnd => {
            ObjectBuilder::new().schema_type(Type::Integer).description(Some("In whole dong")).minimum(Some(0)).into()
        }
        Field::Receipt => text("The receipt's number"),
        Field::OnwardPlate => text("The plate of the vehicle that takes the goods over"),
        Field::LegalReason => text("On what legal ground"),
        Field::Hold => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("Which hold: the `hold` that the record shows"))
            .into(),
        Field::Track => Ref::from_schema_name(Track::name()).into(),
        Field::Text => text("In words"),
        Field::Until => ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("Until when, RFC 3339"))
            .into(),
    }
}

impl PartialSchema for ActionRequest {
    fn schema() -> RefOr<Schema> {
        let mut union = OneOfBuilder::new();
        let mut discriminator = Vec::new();
        for action in Self::ordered() {
            let name = Self::shape_name(action);
            discriminator.push((action.as_str().to_owned(), format!("#/components/schemas/{name}")));
            union = union.item(Ref::from_schema_name(name));
        }
        union
            .discriminator(Some(Discriminator::with_mapping("action", discriminator)))
            .description(Some("An action with the fields that are said with it"))
            .into()
    }
}

impl ToSchema for ActionRequest {
    fn name() -> std::borrow::Cow<'static, str> {
        "ActionRequest".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for action in Self::ordered() {
            schemas.push((Self::shape_name(action), Self::shape(action).into()));
        }
        schemas.push((Lane::name().into(), Lane::schema()));
        schemas.push((Means::name().into(), Means::schema()));
        schemas.push((InspectionResult::name().into(), InspectionResult::schema()));
        schemas.push((Track::name().into(), Track::schema()));
    }
}
