use pgfold_core::*;
/// Placeholder
#[derive(Debug)]
pub struct FileFormats;
impl Encoders for FileFormats {
    fn begin(&self, _: &Output) -> Result<Box<dyn Encoder>> {
        Err(Error::Invalid("placeholder".to_owned()))
    }
}
