namespace GpuGrants.Quotas.Policies;

/// <summary>A field that differs between two documents.</summary>
/// <param name="Field">Its path inside the document or rule, such as <c>window.duration</c>; an element of a sharing is named by its
/// programme.</param>
/// <param name="Old">As the older document writes it; null when it does not state the field.</param>
/// <param name="New">As the newer document writes it; null when it does not state the field.</param>
public sealed record FieldChange(string Field, string? Old, string? New);
