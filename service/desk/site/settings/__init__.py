"""What readers may do on a site: votes, reports that hide, replies, lengths. An API and a page over the same fields.

May enter: fields of `SiteSettings` that bound what readers do. What stands above and in the form is `reader_form`'s,
what decides about comments the policy's.
"""
