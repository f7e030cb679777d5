namespace GpuGrants.Api.Store;

/// <summary>
/// A row that says what somebody may do. With it the authority of its holder changes: what the holder asks for later in the same batch is
/// judged again.
/// </summary>
public interface IAuthorizes
{
    /// <summary>The principal or person who may do it, or the consent by which a partner may.</summary>
    Guid HolderId { get; }
}
