namespace GpuGrants.Api.Store;

/// <summary>
/// A row that says what somebody may do. Whoever changes or deletes one has everything judged again that its holder asks for later in the
/// same batch.
/// </summary>
public interface IAuthorizes
{
    /// <summary>The principal or person who may do it, or the consent by which a partner may.</summary>
    Guid HolderId { get; }
}
