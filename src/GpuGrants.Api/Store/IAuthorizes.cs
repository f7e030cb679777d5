namespace GpuGrants.Api.Store;

/// <summary>
/// A row that says what somebody may do. Whoever changes or deletes one has everything judged again that its holder asks for later in the
/// same batch.
/// </summary>
public interface IAuthorizes
{
    /// <summary>The principal or person who may do it.</summary>
    Guid HolderId { get; }
}
