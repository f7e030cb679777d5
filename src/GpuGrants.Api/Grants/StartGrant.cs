using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>Lets a scheduled grant be active once its start has come.</summary>
public sealed class StartGrant : GrantCommand
{
    protected override void Plan(BatchState batch, Grant grant) { }

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant) =>
        GrantStart.Due(batch, tree, grant) ? null : Refusal.Conflict("grant-not-scheduled", "No start of the grant is due.", "status");
}
