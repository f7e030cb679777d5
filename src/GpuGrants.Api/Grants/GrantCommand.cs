using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Grants;

/// <summary>A change of one grant, at the version that its caller has seen.</summary>
public abstract class GrantCommand : Command<Grant>
{
    public required Guid GrantId { get; init; }

    /// <summary>Null where the grant's version does not matter.</summary>
    public ExpectedVersions? ExpectedVersion { get; init; }

    public sealed override void Plan(BatchState batch)
    {
        if (batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant) && grant is not null)
            Plan(batch, grant);
    }

    public sealed override Outcome<Grant> Decide(BatchState batch)
    {
        if (!batch.Unchanged<Grant>(new RowKey(Tree.Value, GrantId), ExpectedVersion).TryGet(out var grant, out var no))
            return no;
        return Change(batch, batch.Tree(Tree), grant) is { } refusal ? refusal : grant;
    }

    /// <summary>Says what the change needs to read beside the grant.</summary>
    protected abstract void Plan(BatchState batch, Grant grant);

    /// <summary>Changes the grant.</summary>
    /// <returns>Why it cannot be changed; null when it was.</returns>
    protected abstract Refusal? Change(BatchState batch, TreeChanges tree, Grant grant);
}
