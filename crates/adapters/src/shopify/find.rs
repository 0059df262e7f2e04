//! Searching for a person: free text in, what Shopify finds out. No hit is compared with anything, because a person looks
//! at it. Whether products are still there is asked here too.

use super::ShopClient;
use super::documents;
use super::input;
use super::read;
use super::wire;
use super::write;
use crate::ports::{CallError, FoundCustomer, FoundVariant};
use domain::ids::ProductId;
use std::collections::BTreeSet;

/// Shopify takes no array longer than this.
const IDS_MAX: usize = 250;

impl ShopClient {
    pub(super) async fn customers_with_words(&self, text: &str) -> Result<Vec<FoundCustomer>, CallError> {
        let search = write::words(text);
        if search.is_empty() {
            return Ok(Vec::new());
        }
        let variables = input::Search { search: &search, after: None };
        let (page, warnings): (wire::FindCustomers, _) =
            self.caller.search(&documents::FIND_CUSTOMERS, variables).await?;
        self.must_be_filtered(&documents::FIND_CUSTOMERS, &warnings)?;
        Ok(page.customers.nodes.into_iter().map(read::found_customer).collect())
    }

    pub(super) async fn variants_with_words(&self, text: &str) -> Result<Vec<FoundVariant>, CallError> {
        let search = write::words(text);
        if search.is_empty() {
            return Ok(Vec::new());
        }
        let variables = input::Search { search: &search, after: None };
        let (page, warnings): (wire::FindVariants, _) =
            self.caller.search(&documents::FIND_VARIANTS, variables).await?;
        self.must_be_filtered(&documents::FIND_VARIANTS, &warnings)?;
        Ok(page.product_variants.nodes.into_iter().map(read::found_variant).collect())
    }

    /// A filter that was ignored found everybody: nobody should choose from that.
    fn must_be_filtered(&self, document: &documents::Document, warnings: &[String]) -> Result<(), CallError> {
        match warnings.first() {
            None => Ok(()),
            Some(warning) => Err(self
                .caller
                .call(document.name)
                .garbled(format!("the search filter was ignored ({warning})"))),
        }
    }

    pub(super) async fn products_not_there(
        &self,
        ids: &[ProductId],
    ) -> Result<BTreeSet<ProductId>, CallError> {
        let distinct: Vec<&ProductId> = ids.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut gone = BTreeSet::new();
        for chunk in distinct.chunks(IDS_MAX) {
            let texts: Vec<&str> = chunk.iter().map(|id| id.as_str()).collect();
            let nodes = self.nodes(&documents::PRODUCTS, &texts).await?;
            let missing = chunk.iter().zip(nodes).filter(|(_, node)| node.is_none());
            gone.extend(missing.map(|(id, _)| (*id).clone()));
        }
        Ok(gone)
    }
}
